import { crossOriginIsolation } from '@shared-channel/browser/vite'
import { testInChromium } from '@shared-channel/run-chromium/vitest'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { renderOnServer } from './test/browser/render-on-server.ts'

/** In a real browser, with the real plugin of apps/sample as WebAssembly. */
export default defineConfig({
  plugins: [svelte({ configFile: false }), crossOriginIsolation()],
  test: testInChromium({ name: 'svelte-browser', include: ['test/browser/*.test.ts'], commands: { renderOnServer } }),
})
