import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { tryTo } from './try-to.ts'

/** Folders whose code is not the application's own. */
const OTHERS = new Set(['node_modules', 'app.asar.unpacked', 'coverage'])

/** All files beneath a folder but those of others and of hidden folders. Follows no links. */
export function* walk(folder: string): Generator<string> {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name)
    if (entry.isFile()) yield path
    else if (entry.isDirectory() && !OTHERS.has(entry.name) && !entry.name.startsWith('.')) yield* walk(path)
  }
}

/** What may not be read is empty. */
export function entriesOf(folder: string): Dirent[] {
  const entries = tryTo(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}
