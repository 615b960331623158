import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'windows',
    include: ['windows/test/*.test.ts'],
    globalSetup: './setup.ts',
    testTimeout: 150_000,
    hookTimeout: 60_000,
  },
})
