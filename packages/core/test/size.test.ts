import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { expect, it } from 'vitest'

const LIMIT = 9.5 * 1024
const SOURCE = fileURLToPath(new URL('../src/index.ts', import.meta.url))

/** What a page loads that imports these names, minified and compressed. */
async function gzipBytes(names: string): Promise<number> {
  const entry = 'entry.js'
  const bundle = await rolldown({
    input: entry,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? `export { ${names} } from ${JSON.stringify(SOURCE)}` : null),
      },
    ],
  })
  const { output } = await bundle.generate({ minify: true })
  expect(output).toHaveLength(1)
  expect(output[0].imports).toEqual([]) // no dependencies
  return gzipSync(output[0].code, { level: 9 }).byteLength
}

it('SharedChannel and defineProtocol together stay within 9.5 KB gzip', async () => {
  const bytes = await gzipBytes('SharedChannel, defineProtocol')
  expect(bytes).toBeGreaterThan(1024) // they are really in there
  expect(bytes).toBeLessThanOrEqual(LIMIT)
})

it('what is not imported is not loaded', async () => {
  expect(await gzipBytes('defineProtocol')).toBeLessThan(1024)
})
