import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The path of `chromium`, as the shell finds it. */
export function findChromium(path: string = process.env.PATH ?? ''): string {
  const files = path.split(delimiter).map((folder) => join(folder, 'chromium'))
  const found = files.find(isExecutable)
  if (found !== undefined) return found
  throw new Error('There is no chromium here, which these tests run in. On Debian: apt-get install chromium')
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
