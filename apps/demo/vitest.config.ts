import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'demo',
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
    testTimeout: 60_000, // the whole demo runs, measurements and all
  },
})
