import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPackageWithOptions } from '@electron/asar'
import type { TemporaryFolder } from './temporary-folder.ts'

export interface PackageOptions {
  /** By path, what goes into the archive. */
  readonly files: Readonly<Record<string, string>>
  /** Which of them lie beside it. */
  readonly unpack?: string
  readonly executable?: Uint8Array
  /** Of Electron, as packagers leave it beside the executable. */
  readonly version?: string
}

/** Makes an application as packagers do. @returns Its folder. */
export async function packageApp(folder: TemporaryFolder, options: PackageOptions): Promise<string> {
  const { files, unpack, executable, version } = options
  const app = mkdtempSync(join(folder.path, 'packaged-'))
  const source = mkdtempSync(join(folder.path, 'source-'))
  const inSource = source.slice(folder.path.length)
  folder.write(join(inSource, 'package.json'), '{ "name": "app", "main": "main.js" }')
  for (const [name, text] of Object.entries(files)) folder.write(join(inSource, name), text)
  mkdirSync(join(app, 'resources'))
  const archive = join(app, 'resources/app.asar')
  await createPackageWithOptions(source, archive, unpack === undefined ? {} : { unpack })
  if (executable !== undefined) writeFileSync(join(app, 'app'), executable)
  if (version !== undefined) writeFileSync(join(app, 'version'), version)
  return app
}

const GRANT_FILE_PROTOCOL_EXTRA_PRIVILEGES = 7

/** As large as an Electron at least, with a wire of fuses as @electron/fuses describes it, and nothing else. */
export function executableWithFuses(filePrivileges: boolean | undefined): Uint8Array {
  const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
  const states = `10110100`.slice(0, GRANT_FILE_PROTOCOL_EXTRA_PRIVILEGES)
  const wire = filePrivileges === undefined ? states : states + Number(filePrivileges)
  const bytes = Buffer.alloc(33 << 20)
  bytes.write(SENTINEL, 1000)
  bytes.set([1, wire.length, ...Buffer.from(wire)], 1000 + SENTINEL.length)
  return bytes
}
