import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'electron-package', include: ['test/**/*.test.ts'], testTimeout: 20_000, restoreMocks: true },
})
