import { realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { App } from '../app/app.ts'
import { readManifest } from '../app/manifest.ts'
import { tryTo } from '../app/try-to.ts'
import { entriesOf } from '../app/walk.ts'
import { type Finding, ok } from '../finding.ts'

interface Copy {
  readonly name: string
  readonly version: string
  readonly place: string
}

const SCOPE = '@shared-channel'

/** Which copies of our packages the application has installed. */
export function checkCopies(app: App): Finding[] {
  const copies = findCopies(app.folder)
  if (copies.length === 0) return []
  const versions = [...new Set(copies.map(({ version }) => version))]
  const where = copies.map(({ name, version, place }) => `${place} (${name} ${version})`)
  if (versions.length > 1) {
    return [
      {
        level: 'problem',
        what: `Shared Channel is installed in several versions: ${versions.join(', ')}.`,
        why: 'Its packages are made for each other in one version; others may refuse each other with VERSION_MISMATCH.',
        change: 'Ask for the same version of all of them in package.json, then: npm dedupe',
        where,
      },
    ]
  }
  const twice = copies.filter(({ name }) => copies.filter((other) => other.name === name).length > 1)
  if (twice.length > 0) {
    return [
      {
        level: 'note',
        what: `Shared Channel ${versions[0]} is installed more than once.`,
        why: 'It works, but each copy keeps its own pools and threads and makes the application larger.',
        change: 'npm dedupe',
        where,
      },
    ]
  }
  return [ok(`Shared Channel ${versions[0]}: ${copies.map(({ name }) => name).join(', ')}.`)]
}

function findCopies(folder: string): Copy[] {
  const found = [...packageFolders(join(folder, 'node_modules'))].map((path) => tryTo(() => realpathSync(path)))
  const folders = [...new Set(found)].filter((path) => path !== undefined)
  return folders.sort().flatMap((path) => {
    const { name, version } = readManifest(join(path, 'package.json'))
    if (typeof name !== 'string' || typeof version !== 'string') return []
    return [{ name, version, place: relative(folder, path) }]
  })
}

/** Ours in this `node_modules` and in those of the packages in it. Links lead to folders that are found in their own place. */
function* packageFolders(modules: string): Generator<string> {
  for (const entry of entriesOf(modules)) {
    const path = join(modules, entry.name)
    if (entry.name === SCOPE) yield* entriesOf(path).map(({ name }) => join(path, name))
    if (!entry.isDirectory()) continue
    // Scopes, and the store of pnpm, are folders of packages.
    const isFolderOfPackages = entry.name.startsWith('@') || entry.name === '.pnpm'
    const packages = isFolderOfPackages ? entriesOf(path).filter((inner) => inner.isDirectory()) : [undefined]
    for (const inner of packages) yield* packageFolders(join(path, inner?.name ?? '', 'node_modules'))
  }
}
