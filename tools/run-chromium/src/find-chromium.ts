// Which browser the repository's own programs run.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Why Chromium cannot run on this machine, in one line, with what would change that. */
export class LeftOut extends Error {}

/** In CI nothing is left out. */
export function isCI(environment: NodeJS.ProcessEnv = process.env): boolean {
  return !['', '0', 'false', undefined].includes(environment.CI)
}

/**
 * The path of `chromium`, as the shell finds it.
 *
 * @throws LeftOut when there is none, or when it does not start.
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string {
  const executable = (environment.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'chromium'))
    .find(isExecutable)
  if (executable === undefined) throw new LeftOut('there is no chromium here. On Debian: apt-get install chromium')
  const { status, stderr, error } = spawnSync(executable, ['--version'], { encoding: 'utf8', env: environment })
  if (status === 0) return executable
  throw new LeftOut(`${executable} does not start: ${error?.message ?? stderr.trim().split('\n').at(-1)}`)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
