import { type Dirent, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type App, parseManifest } from '../app/app.ts'
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
        change: `Give all of them one version in package.json, then npm dedupe: "${SCOPE}/native": "${versions.sort().at(-1)}"`,
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
  const folders = new Set([...packageFolders(join(folder, 'node_modules'))].map((path) => realpathSync(path)))
  return [...folders].sort().flatMap((path) => {
    const { name, version } = parseManifest(readText(join(path, 'package.json')))
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

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
