// An application's archive, app.asar, and the folder beside it with what was left out of it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { extractFile, listPackage, statFile } from '@electron/asar'
import { tryTo } from './try-to.ts'

export interface ArchivedFile {
  /** Within the archive, without a leading slash. */
  readonly path: string
  readonly size: number
  /** Lies as a file beside the archive, or should. */
  readonly isUnpacked: boolean
}

export class Archive {
  /** Relative to the application's folder. */
  readonly path: string
  readonly files: readonly ArchivedFile[]
  readonly #file: string

  private constructor(file: string, path: string, files: readonly ArchivedFile[]) {
    this.#file = file
    this.path = path
    this.files = files
  }

  /** @returns `undefined` for what is no archive. */
  static open(file: string, path: string): Archive | undefined {
    const files = tryTo(() => listPackage(file, { isPack: false }).flatMap((entry) => describe(file, entry)))
    return files === undefined ? undefined : new Archive(file, path, files)
  }

  /** @returns `undefined` when it is not there or damaged. */
  read(path: string): Buffer | undefined {
    return tryTo(() => extractFile(this.#file, path))
  }

  /** Whether a file that should lie beside the archive does. */
  isThere(path: string): boolean {
    return existsSync(join(`${this.#file}.unpacked`, path))
  }
}

/** Nothing for folders and links. */
function describe(file: string, slashPath: string): ArchivedFile[] {
  const path = slashPath.replace(/^[\\/]/, '')
  const entry = statFile(file, path, false)
  return 'size' in entry ? [{ path, size: entry.size, isUnpacked: entry.unpacked === true }] : []
}
