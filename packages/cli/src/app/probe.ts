// Asks the application's copy of the addon what it can do, in a process of its own: an addon that cannot be loaded may end
// the process that tries.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { findInstalled } from './installed.ts'
import { tryTo } from './try-to.ts'

export interface ProbeResult {
  /** What `capabilities()` said; `undefined` when it said nothing. */
  readonly capabilities?: Capabilities
  /** Why it said nothing. */
  readonly failure?: string
}

export interface Capabilities {
  readonly zeroCopy: boolean
  readonly nativeInProcess: boolean
  readonly reason?: string
}

const NAME = '@shared-channel/native'
const SCRIPT = 'process.stdout.write(JSON.stringify(require(process.argv[1]).capabilities()))'
const DEADLINE_MILLISECONDS = 20_000

/** The folder of `@shared-channel/native` that the application finds; else of ours. */
export function findNative(folder: string): { path: string; isOwn: boolean } {
  const installed = findInstalled(folder, NAME)
  if (installed !== undefined) return { path: installed, isOwn: true }
  return { path: dirname(createRequire(import.meta.url).resolve(`${NAME}/package.json`)), isOwn: false }
}

/**
 * @param executable Node, or an Electron whose fuse RunAsNode is on; others would start their application.
 * @param path What `findNative` found. The CommonJS entry of it is what runs.
 */
export function probe(executable: string, path: string): ProbeResult {
  const { status, signal, stdout, stderr, error } = spawnSync(executable, ['--eval', SCRIPT, '--', path], {
    encoding: 'utf8',
    timeout: DEADLINE_MILLISECONDS,
    killSignal: 'SIGKILL',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
  })
  if (error !== undefined) return { failure: error.message }
  if (status !== 0) return { failure: reasonIn(stderr) ?? `the process ended with ${signal ?? `exit code ${status}`}` }
  const answer: unknown = tryTo(() => JSON.parse(stdout))
  return isCapabilities(answer)
    ? { capabilities: answer }
    : { failure: `it answered ${JSON.stringify(stdout.slice(0, 100))}` }
}

function isCapabilities(value: unknown): value is Capabilities {
  return typeof value === 'object' && value !== null && 'zeroCopy' in value && 'nativeInProcess' in value
}

/** The line of an uncaught error that names it. */
function reasonIn(stderr: string): string | undefined {
  return /^\w*Error\b.*$/m.exec(stderr)?.[0]
}
