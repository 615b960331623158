/** Where the plugins of the tests run: see vitest.isolated.config.ts. */
export const isolation = process.env.SHARED_CHANNEL_TEST_ISOLATION === 'process' ? 'process' : 'thread'
