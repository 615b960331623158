import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*/vitest{,.*}.config.ts', '{apps,tools}/*/vitest.config.ts', 'tests/*/vitest{,.*}.config.ts'],
    // Two cores: more files at once only take time from each other's threads.
    maxWorkers: 2,
  },
})
