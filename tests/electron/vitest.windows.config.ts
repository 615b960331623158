import { defineConfig } from 'vitest/config'

/** Those of vitest.more-windows.config.ts, which take longest. */
export const MORE = ['buffers', 'homes', 'lives', 'members', 'ways'].map((name) => `windows/test/${name}.test.ts`)

export default defineConfig({
  test: {
    name: 'windows',
    include: ['windows/test/*.test.ts'],
    exclude: MORE,
    globalSetup: './setup.ts',
    testTimeout: 150_000,
    hookTimeout: 60_000,
  },
})
