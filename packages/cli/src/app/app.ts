// What the checks look at: an application's folder, be it its sources, a packaged application or its `resources`.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { readSource, type SourceFile } from '../source/source-file.ts'
import { Archive } from './archive.ts'
import { findDevelopmentElectron, findPackagedElectron, type InstalledElectron } from './electron.ts'
import { walk } from './walk.ts'

/** A page of HTML. */
export interface Page {
  readonly path: string
  /** Without comments, which are blank. */
  readonly text: string
}

export interface App {
  /** Absolute. */
  readonly folder: string
  readonly manifest: Manifest
  readonly sources: readonly SourceFile[]
  readonly pages: readonly Page[]
  /** Relative paths of files that are too large to read, or that could not be read. */
  readonly leftOut: readonly string[]
  readonly archives: readonly Archive[]
  /** The one to develop with, and that of each packaged application. */
  readonly electrons: readonly InstalledElectron[]
}

export type Manifest = Readonly<Record<string, unknown>>

interface Contents {
  readonly sources: SourceFile[]
  readonly pages: Page[]
  readonly leftOut: string[]
}

const SOURCE = /(?<!\.d)\.[cm]?[jt]sx?$/
/** Electron's own licences are the largest page of most applications. */
const PAGE = /(?<!LICENSES\.chromium)\.html?$/
/** Beyond this a file is data rather than code. */
const MOST_BYTES = 8 << 20

/**
 * Reads an application's folder, without running anything of it.
 *
 * @param folder Its sources, a packaged application (on macOS the `.app`), or the `resources` of one.
 */
export function readApp(folder: string): App {
  const root = resolve(folder)
  const contents: Contents = { sources: [], pages: [], leftOut: [] }
  const archives: Archive[] = []
  const resources = new Set<string>()
  for (const file of walk(root)) {
    const path = relative(root, file)
    if (basename(file) === 'app.asar') {
      if (isResources(dirname(file))) resources.add(dirname(file))
      const archive = Archive.open(file, path)
      if (archive === undefined) contents.leftOut.push(path)
      else archives.push(archive)
    } else {
      if (file.endsWith(join('app', 'package.json')) && isResources(dirname(dirname(file)))) {
        resources.add(dirname(dirname(file)))
      }
      const readText = () => (statSync(file).size > MOST_BYTES ? undefined : readFileSync(file, 'utf8'))
      readInto(contents, path, readText)
    }
  }
  for (const archive of archives) {
    for (const { path, size } of archive.files) {
      const readText = () => (size > MOST_BYTES ? undefined : archive.read(path)?.toString('utf8'))
      readInto(contents, join(archive.path, path), readText)
    }
  }
  const electrons = [findDevelopmentElectron(root), ...[...resources].map((found) => findPackagedElectron(found, root))]
  return {
    folder: root,
    manifest: readManifest(root, archives),
    ...contents,
    archives,
    electrons: electrons.filter((electron) => electron !== undefined),
  }
}

/** The folder of a packaged application: `Resources` on macOS. */
const isResources = (folder: string) => basename(folder).toLowerCase() === 'resources'

function readInto(contents: Contents, path: string, readText: () => string | undefined): void {
  const isPage = PAGE.test(path)
  if (!isPage && !SOURCE.test(path)) return
  if (/(^|[\\/])node_modules[\\/]/.test(path)) return
  const text = tryTo(readText)
  if (text === undefined) contents.leftOut.push(path)
  else if (isPage) contents.pages.push({ path, text: withoutComments(text) })
  else contents.sources.push(readSource(path, text))
}

/** Offsets and lines stay what they are. */
function withoutComments(html: string): string {
  return html.replace(/<!--[\s\S]*?(?:-->|$)/g, (comment) => comment.replace(/[^\n]/g, ' '))
}

function readManifest(root: string, archives: readonly Archive[]): Manifest {
  const file = ['package.json', 'resources/app/package.json', 'app/package.json']
    .map((path) => join(root, path))
    .find((path) => existsSync(path))
  const text = tryTo(() =>
    file === undefined ? archives[0]?.read('package.json')?.toString() : readFileSync(file, 'utf8'),
  )
  return parseManifest(text)
}

/** What is no object is an empty one: the checks then find nothing in it. */
export function parseManifest(text: string | undefined): Manifest {
  const value: unknown = tryTo(() => JSON.parse(text ?? '{}'))
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function tryTo<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
