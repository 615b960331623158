// JavaScript as the hostile side: what it writes into shared memory must not hurt the plugin's side.
import { SharedChannel } from '@shared-channel/core'
import { openPlugin, type Plugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openTestPlugin } from './helpers/channels.ts'
import { Data } from './helpers/protocols.ts'

const CAPACITY = 4096
/** Where the words of the header are, docs/wire-format.md. */
const STATE = 128 / 4
const TAIL = 896 / 4
const HEAD_OF_RING_1 = (1024 + 256) / 4
const RING_0 = 65536 / 4
const FIRST = 1 << 24
const LAST = 1 << 25
const FILLER = 1 << 26

async function openEcho() {
  const plugin = await openTestPlugin('echo', { sendCapacity: CAPACITY, receiveCapacity: CAPACITY })
  const channel = new SharedChannel(plugin, Data, { closeTimeout: 100 })
  const errors: unknown[] = []
  channel.onError((error) => errors.push(error))
  return { plugin, channel, errors, words: new Int32Array(plugin.memory) }
}

/** Publishes a record as no RingWriter would. */
function publish(words: Int32Array, plugin: Plugin, length: number, tag: number, tail: number): void {
  words[RING_0] = length
  words[RING_0 + 1] = tag
  Atomics.store(words, TAIL, tail)
  plugin.wakePeer()
}

describe('the plugin ends with CORRUPT', () => {
  it.each([
    ['beyond the ring', CAPACITY + 8],
    ['between two records', 12],
    ['in the past', -8],
    ['half the numbers away', 2 ** 31],
  ])('at a writing position %s', async (_, tail) => {
    const { plugin, channel, words } = await openEcho()
    Atomics.store(words, TAIL, tail)
    plugin.wakePeer()
    expect((await channel.closed).reason).toMatchObject({ code: 'CORRUPT' })
  })

  it.each([
    ['near 2^32', -1, FIRST | LAST, 64],
    ['above the capacity', CAPACITY, FIRST | LAST, 64],
    ['beyond what was published', 64, FIRST | LAST, 64],
    ['above the largest record', CAPACITY / 2, FIRST | LAST, CAPACITY],
    ['of a filler in the middle', 8, FILLER, 64],
  ])('at a record with a length %s', async (_, length, tag, tail) => {
    const { plugin, channel, words } = await openEcho()
    publish(words, plugin, length, tag, tail)
    expect((await channel.closed).reason).toMatchObject({ code: 'CORRUPT' })
  })

  it.each([
    ['unknown flags', 0x40000000 | FIRST],
    ['the middle of no message', 5],
    ['the end of no message', LAST],
    ['a beginning without a length', FIRST],
  ])('at a record that is %s', async (_, tag) => {
    const { plugin, channel, words } = await openEcho()
    publish(words, plugin, 4, tag, 16)
    expect((await channel.closed).reason).toMatchObject({ code: 'CORRUPT' })
  })

  it('at a reading position that cannot be', async () => {
    const plugin = await openTestPlugin('flood', { sendCapacity: CAPACITY, receiveCapacity: CAPACITY, options: 'send' })
    const channel = new SharedChannel(plugin, Data, { closeTimeout: 100 })
    channel.onError(() => {})
    const words = new Int32Array(plugin.memory)
    // JavaScript has read nothing. The plugin's thread sleeps: the ring is full.
    Atomics.store(words, HEAD_OF_RING_1, -8)
    plugin.wakePeer()
    expect((await channel.closed).reason).toMatchObject({ code: 'CORRUPT' })
  })
})

describe('a message above what there is memory for', () => {
  it('is announced in vain', async () => {
    const { plugin, channel, words } = await openEcho()
    words[RING_0 + 2] = -1 // 4 GiB - 1
    words[RING_0 + 3] = 0
    publish(words, plugin, 8, FIRST | 1, 16)
    channel.on('data', () => {})
    await channel.close()
    expect(channel.state).toBe('closed')
  })
})

describe('JavaScript says that it has closed', () => {
  it.each([2, 3, -1])('by the state %i, and the plugin ends in good order', async (state) => {
    const { plugin, channel, words } = await openEcho()
    Atomics.store(words, STATE, state)
    plugin.wakePeer()
    expect(await channel.closed).toEqual({ unconsumed: 0 })
  })
})

describe('whatever is written', () => {
  const word = fc.oneof(fc.constantFrom(0, 1, 2, 3, 8, -1, -8, 4096, 2 ** 31 - 8), fc.integer())
  const index = fc.oneof(
    fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320),
    fc.integer({ min: RING_0, max: RING_0 + 2 * (CAPACITY / 4) - 1 }),
    fc.integer({ min: RING_0, max: RING_0 + 16 }),
  )

  it('into the header and the rings, the process lives and the channel closes', async () => {
    const reasons = new Set<string | undefined>()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(index, word), { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        async (writes, floods) => {
          const plugin = await openPlugin(pluginPath(floods ? 'flood' : 'echo'), {
            sendCapacity: CAPACITY,
            receiveCapacity: CAPACITY,
            onLog: () => {},
            options: 'send',
          })
          const channel = new SharedChannel(plugin, Data, { closeTimeout: 5, maxMessageBytes: 1 << 20 })
          channel.onError(() => {})
          channel.on('data', () => {})
          const words = new Int32Array(plugin.memory)
          for (const [index, value] of writes) {
            Atomics.store(words, index, value)
            plugin.wakePeer()
            if (channel.state === 'open') {
              try {
                channel.send('data', new Uint8Array(value & 1023))
              } catch {
                break // it was found out
              }
            }
          }
          reasons.add((await channel.close()).reason?.code)
          expect(channel.state).toBe('closed')
        },
      ),
      { numRuns: 300 },
    )
    expect(reasons).toContain('CORRUPT')
  })
})
