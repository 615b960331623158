// Runs an app in the real Electron until it ends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDisplay } from './display.ts'
import { checkStarts, findElectron } from './find-electron.ts'

export interface ElectronRun {
  /** Absolute path of its main file. */
  readonly app: string
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>
  /** Of Electron and Chromium. */
  readonly switches?: readonly string[]
  /** Milliseconds after which it is ended. */
  readonly deadline: number
}

/**
 * In this process's group, so that Ctrl-C ends it too. Without a graphics card, with settings and caches of its own that go with it, and for root without Electron's sandbox, which
 * root does not have.
 *
 * @returns What it has written to stdout, when all its processes have ended.
 * @throws LeftOut where there is no Electron or no display; else when it does not end by itself, with exit code 0. What it
 *   has written to stderr is in the message.
 */
export async function runElectron({ app, environment, switches = [], deadline }: ElectronRun): Promise<string> {
  const executable = findElectron()
  checkStarts(executable)
  const display = await openDisplay()
  const home = mkdtempSync(join(tmpdir(), 'shared-channel-electron-'))
  const forRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const child = spawn(executable, [...forRoot, '--disable-gpu', `--user-data-dir=${home}`, ...switches, app], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', DISPLAY: display.name, ...environment },
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL') // its other processes end without it
  }, deadline)
  try {
    const output = collect(child.stdout)
    const complaints = collect(child.stderr)
    // Comes when no process holds the pipes any more.
    const [code, signal] = await once(child, 'close')
    if (code === 0) return output()
    const end = isLate ? `was ended after ${deadline} ms` : `ended with ${code ?? signal}`
    throw new Error(`Electron ${end}:\n${complaints()}`)
  } finally {
    clearTimeout(timer)
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    display.close()
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const parts: string[] = []
  stream.setEncoding('utf8').on('data', (part: string) => parts.push(part))
  return () => parts.join('')
}
