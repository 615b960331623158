// Runs the app of this folder in Electron with one task, and gives its answer.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pluginPath } from '@shared-channel/test-plugins'
import {
  ANSWER_PREFIX,
  type JobName,
  type JobResults,
  type JobTask,
  ORDER_VARIABLE,
  type Order,
  type Paths,
  type Task,
} from './app/task.ts'
import { type Launch, plainLaunch, theElectron } from './launch.ts'

const LONGEST_RUN = 120_000
const inThisFolder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export const CAGE_PROBE = inThisFolder('build/Release/cage_probe.node')
const APP = inThisFolder('dist/main.cjs')

const PATHS: Paths = {
  plugin: pluginPath('electron_stream'),
  cageProbe: CAGE_PROBE,
  addon: inThisFolder('../../packages/native/build/Release/shared_channel.node'),
  node: process.execPath,
  nativeMember: inThisFolder('build/Release/native_member'),
}

export async function runJob<Name extends JobName>(
  job: Name,
  place: JobTask['place'],
  options: { contextIsolation?: boolean; launch?: Launch } = {},
): Promise<JobResults[Name]> {
  const { launch, ...rest } = options
  return (await runApp({ kind: 'job', job, place, ...rest }, launch)) as JobResults[Name]
}

/**
 * @returns The app's answer, when all its processes have ended.
 * @throws When there was no answer, or when the app did not end with exit code 0.
 */
export async function runApp(task: Task, launch: Launch = plainLaunch()): Promise<unknown> {
  const order: Order = { task, paths: PATHS }
  const home = mkdtempSync(join(tmpdir(), 'shared-channel-electron-'))
  const { executable, switches, user } = launch
  if (user !== undefined) chownSync(home, user, user)
  const child = spawn(executable, [...switches, '--disable-gpu', `--user-data-dir=${home}`, APP], {
    detached: true, // a process group, for `killAll`
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user !== undefined && { uid: user, gid: user }),
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      HOME: home,
      DISPLAY: theElectron().display,
      [ORDER_VARIABLE]: JSON.stringify(order),
    },
  })
  const timer = setTimeout(() => killAll(child), LONGEST_RUN)
  try {
    const output = collect(child.stdout)
    const complaints = collect(child.stderr)
    // Comes when no process holds the pipes any more.
    const [code, signal] = await once(child, 'close')
    const answer = output()
      .split('\n')
      .find((line) => line.startsWith(ANSWER_PREFIX))
    if (code !== 0 || answer === undefined) {
      throw new Error(`Electron ended with ${code ?? signal}, answer: ${answer ?? 'none'}\n${complaints()}`)
    }
    return JSON.parse(answer.slice(ANSWER_PREFIX.length))
  } finally {
    clearTimeout(timer)
    rmSync(home, { recursive: true, force: true })
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const parts: string[] = []
  stream.setEncoding('utf8').on('data', (part: string) => parts.push(part))
  return () => parts.join('')
}

function killAll(child: ChildProcess): void {
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
}
