import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
<<<<<<< HEAD
    projects: ['packages/*/vitest.config.ts', 'apps/*/vitest.config.ts', 'tests/*/vitest*.config.ts'],
=======
    projects: [
      'packages/*/vitest.config.ts',
      'apps/*/vitest.config.ts',
      'tests/*/vitest.config.ts',
      'tests/*/vitest.*.config.ts',
    ],
>>>>>>> 7581655 (wip2)
    // Two cores: more files at once only take time from each other's threads.
    maxWorkers: 2,
  },
})
