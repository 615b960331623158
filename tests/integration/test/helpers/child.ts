// Programs that run as processes or workers of their own, where they may crash.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { inject } from 'vitest'

/** The built program of test/children/<name>.ts. */
export const childPath = (name: string): string => join(inject('children'), `${name}.js`)

/**
 * Without V8's compiler threads: Node's exit waits for them, and they may wait for a garbage collection, which nobody does any
 * more by then. Seen as a process that never ends: of the optimizing compiler on Node 26, in one of some twelve exits under
 * load; of the baseline compiler on Node 24, in one of some ninety.
 */
export const NODE_FLAGS = ['--expose-gc', '--no-concurrent-recompilation', '--no-concurrent-sparkplug']

export interface ChildOptions {
  timeout?: number
  limit?: string
  env?: Record<string, string>
  started?: (child: ChildProcess) => void
}

export interface ChildResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** How long it ran, in milliseconds. */
  readonly time: number
}

/**
 * Runs test/children/<name>.ts to its end.
 *
 * @param args Its arguments.
 * @param options `timeout`: after so many milliseconds it is killed, which shows as `SIGKILL`. `limit`: of the shell's
 *   `ulimit`, such as `-n 64`. `env`: added to the environment. `started`: gets the process.
 */
export function runChild(
  name: string,
  args: string[] = [],
  { timeout = 20_000, limit, env, started }: ChildOptions = {},
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const command = [process.execPath, ...NODE_FLAGS, childPath(name), ...args]
    const limited = limit ? ['sh', '-c', `ulimit ${limit}; exec "$@"`, '', ...command] : command
    const child = spawn(limited[0] as string, limited.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    })
    started?.(child)
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, time: performance.now() - start }))
  })
}
