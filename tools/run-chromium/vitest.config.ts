import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'run-chromium',
    include: ['test/*.test.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
})
