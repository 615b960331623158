import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The path of `chromium`, as the shell finds it. Where there is none, says so; in CI that is an error. */
export function findChromium({ PATH = '', CI }: NodeJS.ProcessEnv = process.env): string | undefined {
  const files = PATH.split(delimiter).map((folder) => join(folder, 'chromium'))
  const found = files.find(isExecutable)
  if (found !== undefined) return found
  const reason = 'there is no chromium here. On Debian: apt-get install chromium'
  if (!['', '0', 'false', undefined].includes(CI)) throw new Error(`packages/vue: ${reason}`)
  console.error(`packages/vue: left out the tests in a browser: ${reason}`)
  return undefined
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
