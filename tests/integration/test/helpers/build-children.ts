// Node 20 runs no TypeScript: the programs in children/, which tests run as processes and workers of their own, are
// bundled before the tests start. The packages under test stay outside of the bundles.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the built programs. */
    children: string
  }
}

const SOURCES = join(import.meta.dirname, '../children')

/** Called by vitest before the tests. Returns what it calls after them. */
export async function setup(project: TestProject): Promise<() => void> {
  // A folder of this run's and this project's own: another may be going on.
  const built = join(import.meta.dirname, `../../build/${process.pid}-${project.name}`)
  const bundle = await rolldown({
    input: readdirSync(SOURCES).map((name) => join(SOURCES, name)),
    external: /^(node:|@shared-channel\/)/,
    platform: 'node',
    plugins: [
      {
        // Files of packages/native that are not exported find the addon where they are, not where their bundle is.
        name: 'import-meta-url',
        transform: (code, id) =>
          id.startsWith(SOURCES) ? null : code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
      },
    ],
  })
  await bundle.write({ dir: built, entryFileNames: '[name].js' })
  await bundle.close()
  project.provide('children', built)
  return () => rmSync(built, { recursive: true })
}
