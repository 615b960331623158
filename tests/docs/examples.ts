// The examples of a Markdown file: fenced blocks whose info string names a file, such as ```js file=main.mjs. Files of
// one folder are one example.
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Example {
  /** The folder that the document gives it; '.' for the first one. */
  readonly folder: string
  /** File name within the folder, and text. */
  readonly files: ReadonlyMap<string, string>
}

export interface Block {
  readonly language: string
  readonly file: string | undefined
  readonly text: string
  readonly line: number
}

/** All fenced blocks of a Markdown file. */
export function readBlocks(markdownPath: string): Block[] {
  const blocks: Block[] = []
  const markdown = readFileSync(markdownPath, 'utf8')
  for (const match of markdown.matchAll(/^```(\w+)?(?: file=(\S+))?\n(.*?)^```$/gms)) {
    const line = markdown.slice(0, match.index).split('\n').length
    blocks.push({ language: match[1] ?? '', file: match[2], text: match[3] ?? '', line })
  }
  return blocks
}

/** The examples among them. */
export function readExamples(blocks: readonly Block[]): Example[] {
  const folders = new Map<string, Map<string, string>>()
  for (const { file, text } of blocks) {
    if (file === undefined) continue
    const folder = dirname(file)
    const files = folders.get(folder) ?? new Map<string, string>()
    files.set(file.slice(folder === '.' ? 0 : folder.length + 1), text)
    folders.set(folder, files)
  }
  return [...folders].map(([folder, files]) => ({ folder, files }))
}
