import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'bench',
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
    testTimeout: 60_000, // some measure, on machines that do something else as well
  },
})
