// A program may hold the packages twice: as ES modules and as CommonJS.
import { createRequire } from 'node:module'
import * as core from '@shared-channel/core'
import * as native from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, it } from 'vitest'
import { ask } from './helpers/channels.ts'
import { Talk } from './helpers/protocols.ts'

const require = createRequire(import.meta.url)
const coreCopy: typeof core = require('@shared-channel/core')
const nativeCopy: typeof native = require('@shared-channel/native')

describe('the CommonJS copy', () => {
  it('is another copy with the same names', () => {
    expect(coreCopy.SharedChannel).not.toBe(core.SharedChannel)
    expect(Object.keys(coreCopy).sort()).toEqual(Object.keys(core).sort())
    expect(Object.keys(nativeCopy).sort()).toEqual(Object.keys(native).sort())
  })

  it.each([
    ['of the ES modules', native, core, coreCopy],
    ['of CommonJS', nativeCopy, coreCopy, core],
  ])('throws errors that the other copy knows: %s', async (_, { openPlugin }, own, other) => {
    const failure = await openPlugin(pluginPath('missing')).catch((error) => error)
    expect(failure).toBeInstanceOf(own.SharedChannelError)
    expect(failure).toBeInstanceOf(other.SharedChannelError)
    expect(failure.code).toBe('PLUGIN_NOT_FOUND')
  })

  it.each([
    ['a channel of ES modules over a plugin of CommonJS', nativeCopy, core],
    ['a channel of CommonJS over a plugin of ES modules', native, coreCopy],
  ])('works with the other: %s', async (_, { openPlugin }, { SharedChannel }) => {
    const plugin = await openPlugin(pluginPath('inspect'), { onLog: () => {} })
    const channel = new SharedChannel(plugin, Talk)
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    expect(await ask(channel, 'options')).toBe('null')
    channel.send('text', 'throw')
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(errors).toEqual([expect.any(core.SharedChannelError)])
  })
})
