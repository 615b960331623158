import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'sample',
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
    testTimeout: 30_000,
  },
})
