// The package in Svelte 4: its components, its compiler and its stores.
import { createRequire } from 'node:module'
import { defineConfig, type Plugin } from 'vitest/config'

/** Not imported, since its types say that they are those of `svelte`. */
const compiler: Pick<typeof import('svelte/compiler'), 'compile'> = createRequire(import.meta.url)('svelte-4/compiler')

const svelte4: Plugin = {
  name: 'svelte-4',
  transform: (code, id) => (id.endsWith('.svelte') ? compiler.compile(code, { filename: id }).js : undefined),
}

export default defineConfig({
  plugins: [svelte4],
  resolve: { alias: [{ find: /^svelte(?=\/|$)/, replacement: 'svelte-4' }], conditions: ['browser'] },
  ssr: { noExternal: ['svelte-4'] },
  test: { name: 'svelte-4', environment: 'happy-dom', include: ['test/svelte-4/*.test.ts'], testTimeout: 20_000 },
})
