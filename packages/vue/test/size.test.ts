// @vitest-environment node
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, it } from 'vitest'

const LIMIT = 1.5 * 1024
const SOURCE = fileURLToPath(new URL('../src/index.ts', import.meta.url))
const OTHERS = ['@shared-channel/core', 'vue']

it('all of it stays within 1.5 KB gzip, beside core and Vue', async () => {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: SOURCE, formats: ['es'] },
      rolldownOptions: { external: OTHERS, output: { minify: true } }, // as a page loads it; of a library Vite leaves the spaces
    },
  })
  const outputs = [result].flat().flatMap((built) => ('output' in built ? built.output : []))
  const [chunk] = outputs
  if (outputs.length !== 1 || chunk?.type !== 'chunk') throw new Error('it should be one chunk')
  expect([...chunk.imports].sort()).toEqual(OTHERS) // no other dependencies
  const bytes = gzipSync(chunk.code, { level: 9 }).byteLength
  expect(bytes).toBeGreaterThan(512) // it is really in there
  expect(bytes).toBeLessThanOrEqual(LIMIT)
})
