// Keeps the object of the plugins' host, which is the same for all of them, where the other tools of a project keep such things.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * @param inputs All that the object is made of.
 * @param make Makes it when it is not there yet.
 * @returns The object.
 */
export async function cached(inputs: unknown, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const folder = cacheFolder(process.cwd())
  if (folder === undefined) return make()
  const file = join(folder, `${createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 32)}.o`)
  try {
    return new Uint8Array(readFileSync(file))
  } catch {
    const object = await make()
    keep(file, object)
    return object
  }
}

/** `node_modules/.cache/shared-channel` of the project that a folder is in. */
function cacheFolder(folder: string): string | undefined {
  const modules = join(folder, 'node_modules')
  if (statSync(modules, { throwIfNoEntry: false })?.isDirectory() === true)
    return join(modules, '.cache/shared-channel')
  const above = dirname(folder)
  return above === folder ? undefined : cacheFolder(above)
}

/** In one step, since others may look; without it the next time takes longer, and that is all. */
function keep(file: string, object: Uint8Array): void {
  const unfinished = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(unfinished, object)
    renameSync(unfinished, file)
  } catch {
    // A project that may not be written to.
  }
}
