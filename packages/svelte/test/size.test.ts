// @vitest-environment node
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, it } from 'vitest'

const LIMIT = 1.5 * 1024
const OTHERS = ['@shared-channel/core', 'svelte', 'svelte/store']

it('all of the package stays within 1.5 KB gzip, without core and Svelte', async () => {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      lib: { entry: fileURLToPath(new URL('../src/index.ts', import.meta.url)), formats: ['es'] },
      rolldownOptions: { external: OTHERS, output: { minify: true } },
    },
  })
  const chunks = [result].flat().flatMap((part) => ('output' in part ? part.output : []))
  expect(chunks).toHaveLength(1)
  const [chunk] = chunks
  if (chunk?.type !== 'chunk') throw new Error('nothing was built')
  expect(new Set(chunk.imports)).toEqual(new Set(OTHERS))
  expect(new Set(chunk.exports)).toEqual(new Set(['shareChannels', 'sharedBuffer', 'sharedChannel']))
  expect(gzipSync(chunk.code, { level: 9 }).byteLength).toBeLessThanOrEqual(LIMIT)
})
