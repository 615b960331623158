// Asks the application's copy of the addon what it can do, in a process of its own: an addon that cannot be loaded may end
// the process that tries.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'

export interface ProbeResult {
  /** What `capabilities()` said; `undefined` when it said nothing. */
  readonly capabilities?: Capabilities
  /** Why it said nothing. */
  readonly failure?: string
}

export interface Capabilities {
  readonly zeroCopy: boolean
  readonly nativeInProcess: boolean
  readonly memory: string
  readonly reason?: string
}

const SCRIPT = 'process.stdout.write(JSON.stringify(require(process.argv[1]).capabilities()))'
const DEADLINE_MILLISECONDS = 20_000

/** The CommonJS entry of `@shared-channel/native` that the application finds; else ours. */
export function findNative(folder: string): { entry: string; isOwn: boolean } {
  const name = '@shared-channel/native'
  try {
    return { entry: createRequire(join(folder, 'package.json')).resolve(name), isOwn: true }
  } catch {
    return { entry: createRequire(import.meta.url).resolve(name), isOwn: false }
  }
}

/**
 * @param executable Node, or an Electron whose fuse RunAsNode is on; others would start their application.
 * @param entry What `findNative` found.
 */
export function probe(executable: string, entry: string): ProbeResult {
  const { status, signal, stdout, stderr, error } = spawnSync(executable, ['--eval', SCRIPT, '--', entry], {
    encoding: 'utf8',
    timeout: DEADLINE_MILLISECONDS,
    killSignal: 'SIGKILL',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
  })
  if (error !== undefined) return { failure: error.message }
  if (status !== 0) return { failure: reasonIn(stderr) ?? `the process ended with ${signal ?? `exit code ${status}`}` }
  try {
    return { capabilities: JSON.parse(stdout) }
  } catch {
    return { failure: `it answered ${JSON.stringify(stdout.slice(0, 100))}` }
  }
}

/** The line of an uncaught error that names it. */
function reasonIn(stderr: string): string | undefined {
  return /^\w*Error\b.*$/m.exec(stderr)?.[0]
}
