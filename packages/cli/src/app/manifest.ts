import { readFileSync } from 'node:fs'
import { tryTo } from './try-to.ts'

/** What a package.json says, unchecked. */
export type Manifest = Readonly<Record<string, unknown>>

/** What is missing or no object is an empty one: nothing is found in it. */
export function parseManifest(text: string | undefined): Manifest {
  const value: unknown = tryTo(() => JSON.parse(text ?? '{}'))
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

export const readManifest = (file: string): Manifest => parseManifest(tryTo(() => readFileSync(file, 'utf8')))
