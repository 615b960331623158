import { defineConfig } from 'vitest/config'

/** What tries once more, elsewhere or at length, what the others try. */
const MORE = [
  'tests/integration/vitest.copying.config.ts',
  'tests/integration/vitest.isolated.config.ts',
  'tests/electron/vitest.more-windows.config.ts',
  'tests/packed/vitest.config.ts',
]
/** Everything, as in CI. It is read by some of the tests as well. */
const isAll = process.env.SHARED_CHANNEL_ALL_TESTS === '1' || !['', '0', 'false', undefined].includes(process.env.CI)
if (isAll) process.env.SHARED_CHANNEL_ALL_TESTS = '1'
else
  console.error('Left out, and run in CI or with SHARED_CHANNEL_ALL_TESTS=1: other homes and users, packed packages.')

export default defineConfig({
  test: {
    projects: [
      'packages/*/vitest{,.*}.config.ts',
      '{apps,tools}/*/vitest.config.ts',
      'tests/*/vitest{,.*}.config.ts',
      ...(isAll ? [] : MORE.map((config) => `!${config}`)),
    ],
    // Two cores: more files at once only take time from each other's threads.
    maxWorkers: 2,
  },
})
