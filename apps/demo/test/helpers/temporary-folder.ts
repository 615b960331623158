import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder for the tests of one file, gone afterwards. */
export function temporaryFolder(): { path: string; write: (name: string, content: Uint8Array | string) => string } {
  const path = mkdtempSync(join(tmpdir(), 'shared-channel-demo-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return {
    path,
    write: (name, content) => {
      const file = join(path, name)
      writeFileSync(file, content)
      return file
    },
  }
}
