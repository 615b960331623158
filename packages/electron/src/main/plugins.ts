// The plugins that pages may ask for, by name.
import { createHash } from 'node:crypto'
import { createReadStream, realpathSync } from 'node:fs'
import { isAbsolute, sep } from 'node:path'
import { SharedChannelError } from '@shared-channel/core'
import type { OpenPluginOptions } from '@shared-channel/native'
import { libraryPath } from '@shared-channel/native/host'
import { app } from 'electron'

/**
 * Where a plugin runs. `'renderer'`: in the process of the page that asks, fastest; a plugin that crashes takes the page with
 * it. `'utility'`: in a utility process, one for all pages that ask for this plugin. `'process'`: in a small process of its own
 * for each link.
 */
export type PluginHome = 'renderer' | 'utility' | 'process'

/** A plugin that pages may open. */
export interface PluginEntry
  extends Pick<
    OpenPluginOptions,
    'sendCapacity' | 'receiveCapacity' | 'options' | 'updateInterval' | 'shutdownTimeout' | 'hangTimeout' | 'restart'
  > {
  /** Absolute path of the library, in one of the `folders`; inside of an archive its unpacked file is meant. */
  path: string
  /** Where it runs. In a sandboxed window, which can hold no native code, `'renderer'` means `'process'`. */
  isolation: PluginHome
  /** Of the library's file, in hexadecimal. A file that does not match is not loaded. */
  sha256?: string
}

export interface CheckedPlugin {
  readonly name: string
  readonly home: PluginHome
  readonly path: string
  readonly options: OpenPluginOptions
}

const HOMES: readonly PluginHome[] = ['renderer', 'utility', 'process']

export class Plugins {
  readonly #entries: ReadonlyMap<string, PluginEntry>
  readonly #folders: readonly string[]

  /**
   * @param folders Where plugins may lie.
   * @throws SharedChannelError `INVALID_ARGUMENT` for an entry that cannot be.
   */
  constructor(entries: Readonly<Record<string, PluginEntry>>, folders: readonly string[] | undefined) {
    this.#entries = new Map(Object.entries(entries))
    this.#folders = folders ?? [unpacked(app.getAppPath()), ...(process.resourcesPath ? [process.resourcesPath] : [])]
    for (const [name, entry] of this.#entries) checkEntry(name, entry)
    for (const folder of this.#folders) {
      if (!isAbsolute(folder)) throw invalid(`A folder of plugins must be an absolute path; this is "${folder}".`)
    }
  }

  /**
   * @returns What may be loaded now.
   * @throws SharedChannelError (as a rejection) `INVALID_ARGUMENT` for a name that there is none of, a file outside of the
   *   folders, or one that does not match its `sha256`; `PLUGIN_NOT_FOUND`.
   */
  async find(name: string): Promise<CheckedPlugin> {
    const entry = this.#entries.get(name)
    if (entry === undefined) {
      const known = [...this.#entries.keys()].map((each) => `'${each}'`).join(', ') || 'none'
      throw invalid(`There is no plugin named ${JSON.stringify(name)}. createBroker({ plugins }) has: ${known}.`)
    }
    const { isolation, path: _, sha256, ...options } = entry
    const path = this.#resolve(entry.path)
    if (sha256 !== undefined) await checkHash(path, sha256)
    return {
      name,
      home: isolation,
      path,
      options: { ...options, isolation: isolation === 'process' ? 'process' : 'thread' },
    }
  }

  #resolve(path: string): string {
    let file: string
    try {
      file = realpathSync(unpacked(libraryPath(path, false)))
    } catch (cause) {
      throw new SharedChannelError('PLUGIN_NOT_FOUND', `There is no file ${path}.`, { cause })
    }
    const isInside = this.#folders.some((folder) => isIn(file, folder))
    if (isInside) return file
    throw invalid(
      `${file} lies in none of the folders of plugins (${this.#folders.join(', ')}). Put it there, or name its folder: createBroker({ folders: […] }).`,
    )
  }
}

function isIn(file: string, folder: string): boolean {
  try {
    const root = realpathSync(folder)
    return file.startsWith(root.endsWith(sep) ? root : root + sep)
  } catch {
    return false
  }
}

/** Nothing can be loaded out of an archive; packagers put libraries beside it. */
const unpacked = (path: string): string => path.replace(/([\\/]app\.asar)(?=[\\/]|$)/, '$1.unpacked')

function checkEntry(name: string, { path, isolation, sha256, hangTimeout, restart }: PluginEntry): void {
  if (typeof path !== 'string' || !isAbsolute(path)) {
    throw invalid(
      `The path of the plugin '${name}' must be absolute; it is ${JSON.stringify(path)}. Use path.join(__dirname, …).`,
    )
  }
  if (!HOMES.includes(isolation)) {
    throw invalid(
      `isolation of the plugin '${name}' must be 'renderer', 'utility' or 'process'; it is ${JSON.stringify(isolation)}.`,
    )
  }
  if (isolation !== 'process' && (hangTimeout !== undefined || restart !== undefined)) {
    throw invalid(
      `hangTimeout and restart of the plugin '${name}' need isolation: 'process', a process that can be ended.`,
    )
  }
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw invalid(`sha256 of the plugin '${name}' must be 64 hexadecimal digits.`)
  }
}

async function checkHash(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  const found = hash.digest('hex')
  if (found === expected.toLowerCase()) return
  throw invalid(
    `${path} is not the file that was meant: its sha256 is ${found}, expected was ${expected.toLowerCase()}.`,
  )
}

const invalid = (message: string) => new SharedChannelError('INVALID_ARGUMENT', message)
