// Components as they are compiled for a server, with Svelte as it is there.
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [svelte({ configFile: false, compilerOptions: { experimental: { async: true } } })],
  test: { name: 'svelte-server', include: ['test/server/*.test.ts'], testTimeout: 20_000 },
})
