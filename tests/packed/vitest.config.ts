import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'packed',
    include: ['test/*.test.ts'],
    globalSetup: 'pack.ts',
    testTimeout: 120_000, // installing, where nothing is stored yet
  },
})
