import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'electron',
    include: ['test/*.test.ts'],
    globalSetup: './setup.ts',
    testTimeout: 150_000,
    hookTimeout: 60_000,
  },
})
