// Packs every package that is published, once for all tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { pnpm, REPOSITORY } from './pnpm.ts'

export interface Tarball {
  readonly name: string
  readonly version: string
  /** Absolute path. */
  readonly filename: string
}

declare module 'vitest' {
  interface ProvidedContext {
    tarballs: readonly Tarball[]
  }
}

export default async function setup({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'shared-channel-tarballs-'))
  const output = await pnpm(REPOSITORY, '-r', '--filter=./packages/*', 'pack', '--pack-destination', folder, '--json')
  provide('tarballs', JSON.parse(output))
  return () => rmSync(folder, { recursive: true })
}
