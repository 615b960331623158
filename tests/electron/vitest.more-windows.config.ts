// Windows in all their homes, lives, ways of memory and company, and the buffers that are posted to them.
import { mergeConfig } from 'vitest/config'
import windows, { MORE } from './vitest.windows.config.ts'

const config = mergeConfig(windows, { test: { name: 'more-windows' } })
config.test.include = MORE
config.test.exclude = []

export default config
