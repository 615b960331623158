// Programs in children/, which run as processes and workers of their own. Node 20 runs no TypeScript: they are bundled.
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { rolldown } from 'rolldown'
import { afterAll, onTestFinished } from 'vitest'

const built = mkdtempSync(join(tmpdir(), 'shared-channel-core-'))
const paths = new Map<string, Promise<string>>()
afterAll(() => rmSync(built, { recursive: true, force: true }))

/** The built program of children/<name>.ts. */
export function programPath(name: string): Promise<string> {
  let path = paths.get(name)
  if (path === undefined) {
    path = build(name)
    paths.set(name, path)
  }
  return path
}

async function build(name: string): Promise<string> {
  const input = fileURLToPath(new URL(`../children/${name}.ts`, import.meta.url))
  const bundle = await rolldown({ input, external: /^node:/, platform: 'node' })
  const path = join(built, `${name}.mjs`)
  await bundle.write({ file: path })
  await bundle.close()
  return path
}

/** Runs it as a process, which the test's end ends. After 20 seconds it is killed, whatever it does. */
export async function forkProgram(name: string, args: string[] = [], options: ForkOptions = {}): Promise<ChildProcess> {
  const child = fork(await programPath(name), args, { timeout: 20_000, killSignal: 'SIGKILL', ...options })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Runs it as a worker, which the test's end ends. */
export async function startWorker(name: string, options: WorkerOptions = {}): Promise<Worker> {
  const worker = new Worker(await programPath(name), options)
  onTestFinished(async () => void (await worker.terminate()))
  return worker
}

/** Waits for one event. */
export const once = (emitter: { once(name: string, listener: (value: unknown) => void): unknown }, name: string) =>
  new Promise<unknown>((resolve) => emitter.once(name, resolve))
