import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'sample-react',
    environment: 'happy-dom',
    include: ['test/*.test.tsx'],
    testTimeout: 20_000,
    restoreMocks: true,
  },
})
