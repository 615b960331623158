// @vitest-environment node
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, it } from 'vitest'

const LIMIT = 1.5 * 1024
const SOURCE = fileURLToPath(new URL('../src/index.ts', import.meta.url))

it('all of it stays within 1.5 KB gzip, beside core and React', async () => {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      minify: true,
      lib: { entry: SOURCE, formats: ['es'] },
      rolldownOptions: { external: ['react', '@shared-channel/core'] },
    },
  })
  const outputs = [result].flat().flatMap((built) => ('output' in built ? built.output : []))
  const [chunk] = outputs
  if (outputs.length !== 1 || chunk?.type !== 'chunk') throw new Error('it should be one chunk')
  expect(chunk.exports.length).toBeGreaterThanOrEqual(7)
  expect([...chunk.imports].sort()).toEqual(['@shared-channel/core', 'react']) // no other dependencies
  const bytes = gzipSync(chunk.code, { level: 9 }).byteLength
  expect(bytes).toBeGreaterThan(512) // it is really in there
  expect(bytes).toBeLessThanOrEqual(LIMIT)
})
