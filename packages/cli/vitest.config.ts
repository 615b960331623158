import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Programs are started, which takes its time on a machine with much else to do.
  test: { name: 'cli', include: ['test/**/*.test.ts'], restoreMocks: true, testTimeout: 60_000 },
})
