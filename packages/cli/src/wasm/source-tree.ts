// Which files a source needs. The compiler sees none of this machine's folders: it is given what the source includes.
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Tree } from './toolchain.ts'

/** A source and what it includes, as the compiler gets it. */
export interface SourceTree {
  readonly path: string
  readonly tree: Tree
}

/** What may name a file in a line of the preprocessor: `#include <…>`, `#if __has_include("…")`, `#define CONFIG "…"`. */
const DIRECTIVE = /^[ \t]*#.*$/gm
const NAME = /(["<])([^"<>\n]+)([">])/g

/** The path of a file within the compiler's own folders. */
export const toTreePath = (path: string): string => `/${path.replaceAll('\\', '/').replace(/^\//, '')}`

/**
 * @param source Absolute.
 * @param includes The folders that are searched for headers, absolute.
 * @returns The source's path for the compiler, and all that it may include, as far as it lies in these folders or beside it.
 */
export function readSources(source: string, includes: readonly string[]): SourceTree {
  const tree: Tree = {}
  const seen = new Set<string>()
  const waiting = [source]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const here = dirname(file)
    const text = readFileSync(file, 'utf8').replace(DIRECTIVE, (line) =>
      line.replace(NAME, (whole, open: string, name: string, close: string) => {
        const found = find(name, open === '"' ? [here, ...includes] : includes)
        if (found === undefined) return whole
        waiting.push(found)
        // The compiler's own file system does not know what `..` means.
        return name.includes('..') ? `${open}${toTreePath(found)}${close}` : whole
      }),
    )
    put(tree, toTreePath(file), text)
  }
  return { path: toTreePath(source), tree }
}

function find(name: string, folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    const file = resolve(folder, name)
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return file
  }
  return undefined
}

function put(tree: Tree, path: string, text: string): void {
  const names = path.split('/').filter((name) => name !== '')
  const last = names.pop() as string
  let folder = tree
  for (const name of names) {
    folder[name] ??= {}
    folder = folder[name] as Tree
  }
  folder[last] = text
}
