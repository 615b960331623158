// What must be the same for a plugin in a process of its own, specified by the same tests.
import { mergeConfig } from 'vitest/config'
import integration from './vitest.config.ts'

const SAME = ['ending', 'exchange', 'plugin-behaviour', 'plugin-buffers', 'property', 'requests', 'stream']

const config = mergeConfig(integration, {
  test: { name: 'integration-isolated', env: { SHARED_CHANNEL_TEST_ISOLATION: 'process' } },
})
config.test.include = SAME.map((name) => `test/${name}.test.ts`)

export default config
