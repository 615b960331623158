// What says most of channels, once more where nothing is mapped over the engine's memory.
import { mergeConfig } from 'vitest/config'
import integration from './vitest.config.ts'

const SAME = [
  ...['copying', 'ending', 'flood', 'garbage', 'idle', 'isolation-restart', 'plugin-behaviour', 'property', 'requests'],
  ...['served-plugins', 'stream', 'vandal', 'workers'],
]

const config = mergeConfig(integration, {
  test: { name: 'integration-copying', env: { SHARED_CHANNEL_MEMORY: 'copy' } },
})
config.test.include = SAME.map((name) => `test/${name}.test.ts`)

export default config
