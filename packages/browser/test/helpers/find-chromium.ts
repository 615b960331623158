// Which browser the tests run.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The path of `chromium`, as the shell finds it. */
export function findChromium(path: string = process.env.PATH ?? ''): string {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, 'chromium')
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // the next
    }
  }
  throw new Error('There is no chromium here, which these tests run in. On Debian: apt-get install chromium')
}
