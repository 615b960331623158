import { defineConfig } from 'vitest/config'

/** What says most of channels, once more where nothing is mapped over the engine's memory. */
const AGAIN = [
  'copying',
  'ending',
  'flood',
  'garbage',
  'idle',
  'plugin-behaviour',
  'property',
  'requests',
  'stream',
  'vandal',
  'workers',
]

export default defineConfig({
  test: {
    name: 'copying',
    include: AGAIN.map((name) => `test/${name}.test.ts`),
    env: { SHARED_CHANNEL_MEMORY: 'copy' },
    globalSetup: 'test/helpers/build-children.ts',
    testTimeout: 30_000,
    restoreMocks: true,
  },
})
