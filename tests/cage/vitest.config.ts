import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'cage',
    include: ['test/*.test.ts'],
    globalSetup: './setup.ts',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
