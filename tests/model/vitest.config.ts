import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { name: 'model', include: ['*.test.ts'], testTimeout: 60_000 } })
