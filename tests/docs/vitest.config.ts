import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'docs',
    include: ['*.test.ts'],
    testTimeout: 360_000, // each example is configured and compiled as a user's project, some with the library for native programs
  },
})
