// Which Electron the repository's own programs run.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const GET_ELECTRON = fileURLToPath(new URL('../get-electron.sh', import.meta.url))

/** Why Electron cannot run on this machine, in one line, with what would change that. */
export class LeftOut extends Error {}

/** The machine as `findElectron` sees it; tests give it others. */
export interface Machine {
  readonly environment: NodeJS.ProcessEnv
  /** The folder of the npm package `electron`. */
  readonly electronPackage: string
}

const THIS_MACHINE: Machine = {
  environment: process.env,
  electronPackage: dirname(createRequire(import.meta.url).resolve('electron/package.json')),
}

/** In CI nothing is left out. */
export function isCI(environment: NodeJS.ProcessEnv = process.env): boolean {
  return !['', '0', 'false', undefined].includes(environment.CI)
}

/**
 * The executable of an Electron: `ELECTRON_OVERRIDE_DIST_PATH`, else the npm package's, else the one that
 * get-electron.sh has made. It makes one only in CI or with `SHARED_CHANNEL_GET_ELECTRON=1`: nobody expects `npm test`
 * to download so much.
 *
 * @throws LeftOut when there is none.
 */
export function findElectron(machine: Machine = THIS_MACHINE): string {
  const { environment } = machine
  const override = environment.ELECTRON_OVERRIDE_DIST_PATH
  if (override)
    return existing(join(override, 'electron'), 'ELECTRON_OVERRIDE_DIST_PATH names a folder without Electron')
  return fromPackage(machine.electronPackage) ?? madeBefore(environment) ?? make(environment)
}

/**
 * Starts the executable without windows.
 *
 * @throws LeftOut with the loader's reason when libraries are missing.
 */
export function checkStarts(executable: string): void {
  const { status, stderr, error } = spawnSync(executable, ['--eval', ''], {
    encoding: 'utf8',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  if (status === 0) return
  const reason = error?.message ?? stderr.trim().split('\n').at(-1)
  throw new LeftOut(
    `Electron does not start: ${reason}. On Debian: apt-get install xvfb libgtk-3-0 libnss3 libasound2 libgbm1 libxss1 libxtst6`,
  )
}

/** What the package has downloaded. Not by `require('electron')`, which would download it now. */
function fromPackage(folder: string): string | undefined {
  const pathFile = join(folder, 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const executable = join(folder, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(executable) ? executable : undefined
}

function madeBefore(environment: NodeJS.ProcessEnv): string | undefined {
  const { status, stdout } = spawnSync(GET_ELECTRON, ['--find'], { encoding: 'utf8', env: environment })
  return status === 0 ? join(stdout.trim(), 'electron') : undefined
}

function make(environment: NodeJS.ProcessEnv): string {
  if (!isCI(environment) && environment.SHARED_CHANNEL_GET_ELECTRON !== '1') {
    throw new LeftOut(
      'there is no Electron here. SHARED_CHANNEL_GET_ELECTRON=1 makes one on Linux x64 (a download of 100 MB, for this user), ELECTRON_OVERRIDE_DIST_PATH names the folder of yours.',
    )
  }
  const folder = execFileSync(GET_ELECTRON, {
    encoding: 'utf8',
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return join(folder.trim(), 'electron')
}

function existing(executable: string, otherwise: string): string {
  if (!existsSync(executable)) throw new Error(`${otherwise}: there is no ${executable}`)
  return executable
}
