import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { crossOriginIsolation } from './src/vite.ts'
import { countWorkers, cpuTimeOfRenderers } from './test/helpers/browser-commands.ts'
import { findChromium } from './test/helpers/find-chromium.ts'
import { workerText } from './worker-text.ts'

const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']

export default defineConfig({
  plugins: [crossOriginIsolation(), workerText()],
  test: {
    name: 'browser',
    include: ['test/**/*.browser.test.ts'],
    globalSetup: ['test/helpers/compile-plugins.ts'],
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      commands: { countWorkers, cpuTimeOfRenderers },
      provider: playwright({ launchOptions: { executablePath: findChromium(), args } }),
      instances: [{ browser: 'chromium' }],
    },
  },
})
