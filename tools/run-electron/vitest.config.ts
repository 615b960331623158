import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'run-electron',
    include: ['test/*.test.ts'],
    testTimeout: 60_000,
    unstubEnvs: true,
  },
})
