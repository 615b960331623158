import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { countWorkers } from './test/browser/count-workers.ts'
import { findChromium } from './test/browser/find-chromium.ts'

const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--js-flags=--expose-gc']
const executablePath = findChromium()

/** In a real browser, with the real plugin of apps/sample as WebAssembly. */
export default defineConfig({
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
  optimizeDeps: {
    include: ['react', 'react/jsx-dev-runtime', 'react-dom', 'react-dom/client', '@testing-library/react'],
  },
  test: {
    name: 'react-browser',
    include: executablePath === undefined ? [] : ['test/browser/*.test.tsx'],
    passWithNoTests: true,
    setupFiles: ['test/setup.ts'],
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
