// The native plugin. packages/browser opens the same one as WebAssembly.
import { fileURLToPath } from 'node:url'
import { SharedChannel } from '@shared-channel/core'
import { MessageType } from '@shared-channel/core/compat'
import { type OpenPluginOptions, openPlugin } from '@shared-channel/native'
import { afterEach, describe, expect, it } from 'vitest'
import { Checksum, Pattern, StreamCheck } from '../src/pattern.ts'
import { LARGEST_RATE, levelAt, Sample } from '../src/protocol.ts'

const PLUGIN = fileURLToPath(new URL('../build/Release/sample', import.meta.url))
const SMALLEST_RING = 4096

const opened: SharedChannel<typeof Sample>[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((channel) => channel.close()))
})

async function open(options: OpenPluginOptions = {}): Promise<SharedChannel<typeof Sample>> {
  const channel = new SharedChannel(await openPlugin(PLUGIN, { updateInterval: 4, ...options }), Sample)
  opened.push(channel)
  return channel
}

const next = <Name extends 'level' | 'streamed' | 'message'>(channel: SharedChannel<typeof Sample>, type: Name) =>
  channel.next(type)

const nextError = (channel: SharedChannel<typeof Sample>) => new Promise<unknown>((resolve) => channel.onError(resolve))

describe('levels', () => {
  it('come one after the other at the rate, until it is 0', async () => {
    const channel = await open()
    const levels: number[] = []
    const enough = new Promise<void>((resolve) => {
      channel.on('level', (level) => {
        if (levels.push(level) === 300) resolve()
      })
    })

    const start = performance.now()
    channel.send('rate', { perSecond: 1000 })
    await enough

    expect(performance.now() - start).toBeGreaterThan(290)
    expect(levels).toEqual(levels.map((_, n) => levelAt(n, 1000)))

    channel.send('rate', { perSecond: 0 })
    await channel.request('describe', null) // answered after the rate has been set
    const count = levels.length
    await channel.request('describe', null)
    expect(levels).toHaveLength(count)
  })
})
