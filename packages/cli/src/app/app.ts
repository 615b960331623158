// What the checks look at: an application's folder, be it its sources, a packaged application or its `resources`.
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { readSource, type SourceFile } from '../source/source-file.ts'
import { Archive } from './archive.ts'
import { findDevelopmentElectron, findPackagedElectron, type InstalledElectron } from './electron.ts'
import { type Manifest, parseManifest, readManifest } from './manifest.ts'
import { tryTo } from './try-to.ts'
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
  const root = realpathSync(folder)
  const contents: Contents = { sources: [], pages: [], leftOut: [] }
  const files = [...walk(root)]
  for (const file of files) {
    const readText = () => (statSync(file).size > MOST_BYTES ? undefined : readFileSync(file, 'utf8'))
    readInto(contents, relative(root, file), readText)
  }
  const archives: Archive[] = []
  for (const file of files.filter((name) => basename(name) === 'app.asar')) {
    const archive = Archive.open(file, relative(root, file))
    if (archive === undefined) contents.leftOut.push(relative(root, file))
    else archives.push(archive)
  }
  for (const archive of archives) {
    for (const { path, size } of archive.files) {
      const readText = () => (size > MOST_BYTES ? undefined : archive.read(path)?.toString('utf8'))
      readInto(contents, join(archive.path, path), readText)
    }
  }
  const electrons = [
    findDevelopmentElectron(root),
    ...resourcesAmong(files).map((resources) => findPackagedElectron(resources, root)),
  ]
  return {
    folder: root,
    manifest: manifestOf(root, archives),
    ...contents,
    archives,
    electrons: electrons.filter((electron) => electron !== undefined),
  }
}

/** The folders named `resources` (on macOS `Resources`) that hold an application, as an archive or as a folder. */
function resourcesAmong(files: readonly string[]): string[] {
  const found = files.flatMap(
    (file) => /^(.*[\\/]resources)[\\/]app(?:\.asar|[\\/]package\.json)$/i.exec(file)?.[1] ?? [],
  )
  return [...new Set(found)]
}

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

function manifestOf(root: string, archives: readonly Archive[]): Manifest {
  const file = ['package.json', 'resources/app/package.json', 'app/package.json']
    .map((path) => join(root, path))
    .find((path) => existsSync(path))
  return file === undefined ? parseManifest(archives[0]?.read('package.json')?.toString()) : readManifest(file)
}
