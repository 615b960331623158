import { crossOriginIsolation } from '@shared-channel/browser/vite'
import vue from '@vitejs/plugin-vue'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { countWorkers } from './test/browser/count-workers.ts'
import { findChromium } from './test/browser/find-chromium.ts'

const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--js-flags=--expose-gc']
const executablePath = findChromium()

/** In a real browser, with the real plugin of apps/sample as WebAssembly. */
export default defineConfig({
  plugins: [vue(), crossOriginIsolation()],
  optimizeDeps: { include: ['vue'] },
  test: {
    name: 'vue-browser',
    include: executablePath === undefined ? [] : ['test/browser/*.test.ts'],
    passWithNoTests: true,
    testTimeout: 120_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { ...(executablePath && { executablePath }), args } }),
      instances: [{ browser: 'chromium' }],
      commands: { countWorkers },
    },
  },
})
