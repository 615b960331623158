import { testInChromium } from '@shared-channel/run-chromium/vitest'
import { defineConfig } from 'vitest/config'
import { crossOriginIsolation } from './src/vite.ts'
import { workerText } from './worker-text.ts'

export default defineConfig({
  plugins: [crossOriginIsolation(), workerText()],
  test: testInChromium({
    name: 'browser',
    include: ['test/**/*.browser.test.ts'],
    globalSetup: ['test/helpers/compile-plugins.ts'],
    testTimeout: 60_000,
  }),
})
