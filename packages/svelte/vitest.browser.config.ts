import { crossOriginIsolation } from '@shared-channel/browser/vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { countWorkers } from './test/browser/count-workers.ts'
import { findChromium } from './test/browser/find-chromium.ts'
import { renderOnServer } from './test/browser/render-on-server.ts'

const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--js-flags=--expose-gc']

/** In a real browser, with the real plugin of apps/sample as WebAssembly. */
export default defineConfig({
  plugins: [svelte({ configFile: false }), crossOriginIsolation()],
  test: {
    name: 'svelte-browser',
    include: ['test/browser/*.test.ts'],
    testTimeout: 120_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: findChromium(), args } }),
      instances: [{ browser: 'chromium' }],
      commands: { countWorkers, renderOnServer },
    },
  },
})
