import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const REPOSITORY = join(import.meta.dirname, '../..')

const { packageManager } = readManifest('.')

export interface Manifest {
  readonly packageManager?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** The package.json of a folder of the repository. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(REPOSITORY, folder, 'package.json'), 'utf8'))
}

/** Runs a program. What it has written is in the error when it fails, and what it has written to stdout comes back. */
export async function run(folder: string, program: string, ...args: string[]): Promise<string> {
  const started = promisify(execFile)(program, args, { cwd: folder, maxBuffer: 64 << 20, env: environment() })
  const { stdout } = await started.catch((error) => {
    throw new Error(`${program} ${args.join(' ')}\n${error.stdout}${error.stderr}`)
  })
  return stdout
}

/** The pinned one, as `npm test` brings it. */
export const pnpm = (folder: string, ...args: string[]) => run(folder, 'npx', '--yes', String(packageManager), ...args)

/** A project of a user's knows nothing of the test's. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_ENV: _, VITEST: __, ...others } = process.env
  return { ...others, NO_COLOR: '1' }
}
