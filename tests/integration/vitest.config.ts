import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'integration',
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/helpers/build-children.ts',
    testTimeout: 30_000,
    restoreMocks: true,
  },
})
