import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { name: 'setup', include: ['*.test.ts'], testTimeout: 30_000 } })
