import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  resolve: { conditions: ['browser'] }, // Svelte as it is in a page
  test: { name: 'sample-svelte', environment: 'happy-dom', include: ['test/*.test.ts'], testTimeout: 20_000 },
})
