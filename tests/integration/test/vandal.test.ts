// The plugin's side as the hostile one: what it writes into shared memory must not hurt JavaScript. garbage.test.ts is the
// other way round.
import { bytes, defineProtocol, SharedChannel, typedArray } from '@shared-channel/core'
import { describe, expect, it } from 'vitest'
import { openTestPlugin } from './helpers/channels.ts'
import { runChild } from './helpers/child.ts'
import { soakSeconds } from './helpers/soak.ts'
import { until } from './helpers/wait.ts'

const CAPACITY = 4096
/** Where things are in a segment, docs/wire-format.md. Side 0 is JavaScript, which writes ring 0. */
const STATE_OF_PLUGIN = 512
const HEAD_OF_RING_0 = 1024
const TAIL_OF_RING_1 = 896 + 256
const RING_1 = 65536 + CAPACITY
const FIRST = 1 << 24
const LAST = 1 << 25
const FILLER = 1 << 26
const ABANDONED = 1 << 27
const CALL = 1 << 28
const REPLY = 1 << 29

const Orders = defineProtocol({
  both: { data: { id: 1, codec: bytes() } },
  send: {
    write: { id: 2, codec: typedArray(Int32Array) },
    writeAndStay: { id: 3, codec: typedArray(Int32Array) },
  },
})

async function openVandal() {
  let done = 0
  const plugin = await openTestPlugin('vandal', {
    sendCapacity: CAPACITY,
    receiveCapacity: CAPACITY,
    options: [CAPACITY, CAPACITY, 0],
    onLog: () => done++,
  })
  const channel = new SharedChannel(plugin, Orders, { closeTimeout: 100, maxMessageBytes: 1 << 20 })
  channel.onError(() => {})
  /** Has the plugin write: offset, value, offset, value, … */
  const write = async (words: number[], order: 'write' | 'writeAndStay' = 'write') => {
    const before = done
    channel.send(order, Int32Array.from(words))
    await until(() => done > before)
  }
  return { channel, write }
}

/** The words of records at the start of ring 1, one behind the other, and its writing position behind them. */
function records(...records: [length: number, tag: number, ...payload: number[]][]): number[] {
  const words = records.flatMap(([length, tag, ...payload]) => {
    const padded = payload.length + (payload.length % 2)
    return [length, tag, ...Array.from({ length: padded }, (_, i) => payload[i] ?? 0)]
  })
  return [...words.flatMap((word, i) => [RING_1 + 4 * i, word]), TAIL_OF_RING_1, 4 * words.length]
}

describe('the channel ends with CORRUPT, and the process lives,', () => {
  it.each([
    ['beyond the ring', CAPACITY + 8],
    ['between two records', 12],
    ['in the past', -8],
    ['half the numbers away', -(2 ** 31)],
  ])('at a writing position %s', async (_, tail) => {
    const { channel, write } = await openVandal()
    await write([TAIL_OF_RING_1, tail])
    channel.on('data', () => {})
    expect((await channel.closed).reason).toMatchObject({ code: 'CORRUPT' })
  })

  it.each([
    ['beyond what was written', 2 ** 30],
    ['between two records', 4],
    ['in the past', -8],
  ])('at a reading position %s', async (_, head) => {
    const { channel, write } = await openVandal()
    await write([HEAD_OF_RING_0, head], 'writeAndStay')
    // Only who finds no room looks at it.
    expect(() => {
      for (let sent = 0; sent < 2 * CAPACITY; sent += 100) channel.send('data', new Uint8Array(100))
    }).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
    expect((await channel.closed).reason).toMatchObject({ code: 'CORRUPT' })
  })

  it.each<[string, ...Parameters<typeof records>]>([
    ['a length near 2^32', [-1, FIRST | LAST | 1]],
    ['a length above the capacity', [CAPACITY, FIRST | LAST | 1]],
    ['a length beyond what was published', [64, FIRST | LAST | 1]],
    ['a filler in the middle', [0, FILLER]],
    ['unknown flags', [0, 0x40000000 | FIRST | LAST | 1]],
    ['the middle of no message', [4, 1, 0]],
    ['the end of no message', [4, LAST | 1, 0]],
    ['a beginning without a length', [4, FIRST | 1, 0]],
    ['a length that is followed by something', [8, FIRST | 1, 100, 1]],
    ['a message inside another', [8, FIRST | 1, 100, 0], [0, FIRST | LAST | 1]],
    ['the beginning of a message inside another', [8, FIRST | 1, 100, 0], [8, FIRST | 1, 100, 0]],
    ['a fragment of another type', [8, FIRST | 1, 100, 0], [4, 7, 0]],
    ['more than was announced', [8, FIRST | 1, 4, 0], [8, 1, 0, 0]],
    ['less than was announced', [8, FIRST | 1, 100, 0], [4, LAST | 1, 0]],
    ['a given up message with a payload', [8, FIRST | 1, 100, 0], [8, ABANDONED, 0, 0]],
    ['a call that is a reply', [8, FIRST | LAST | CALL | REPLY | 1, 0, 0]],
    ['a reply without its number', [4, FIRST | LAST | REPLY | 1, 0]],
  ])('at %s', async (_, ...found) => {
    const { channel, write } = await openVandal()
    await write(records(...found))
    let received = 0
    channel.on('data', () => received++)
    expect((await channel.closed).reason).toMatchObject({ code: 'CORRUPT' })
    expect(received).toBe(0)
  })

  it.each([5, -1])('at the state %i', async (state) => {
    const { channel, write } = await openVandal()
    await write([STATE_OF_PLUGIN, state])
    expect((await channel.closed).reason).toMatchObject({ code: 'CORRUPT' })
  })
})

it('a message that is announced above the limit is MESSAGE_TOO_LARGE, and no memory is taken for it', async () => {
  const { channel, write } = await openVandal()
  await write(records([8, FIRST | 1, -1, 0]))
  channel.on('data', () => {})
  expect((await channel.closed).reason).toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
})

it.each([2, 4])('a plugin that says that it has closed, by the state %i, is believed', async (state) => {
  const { channel, write } = await openVandal()
  await write([STATE_OF_PLUGIN, state])
  expect(await channel.closed).toEqual({ unconsumed: 0 })
})

it('a plugin that says that it was lost is not, as long as its host knows better', async () => {
  const { channel, write } = await openVandal()
  const received: Uint8Array[] = []
  channel.on('data', (data) => received.push(data))
  await write([STATE_OF_PLUGIN, 3])
  channel.send('data', Uint8Array.of(7))
  await until(() => received.length === 1)
  expect(await channel.close()).toEqual({ unconsumed: 0 })
})

it.each([
  ['the header, which was read once', Array.from({ length: 16 }, (_, i) => [4 * i, -1])],
  ['the bells', [384, 768].map((bell) => [bell, 0x55555555])],
  ['waiting words that wait for everything', [256, 640].map((waiting) => [waiting, -1])],
  ['what lies between the words', [132, 516, 900, 1028, 4096, 65532].map((offset) => [offset, -1])],
])('nothing happens when the plugin writes into %s', async (_, words) => {
  const { channel, write } = await openVandal()
  const received: Uint8Array[] = []
  channel.on('data', (data) => received.push(data))
  await write(words.flat())
  for (const size of [0, 100, 3 * CAPACITY, 5]) channel.send('data', new Uint8Array(size))
  await until(() => received.length === 4)
  expect(received.map(({ length }) => length)).toEqual([0, 100, 3 * CAPACITY, 5])
  expect(await channel.close()).toEqual({ unconsumed: 0 })
})

describe('whatever a plugin writes anywhere, all the time', () => {
  const rounds = Math.max(300, 50 * soakSeconds)
  const seed = Math.floor(Math.random() * 2 ** 31)
  it.each([1, seed])(
    'every channel closes, and nothing is left of it: seed %i',
    async (seed) => {
      const { code, signal, stdout, stderr } = await runChild('vandal', [`${seed}`, `${rounds}`], { timeout: 120_000 })
      expect({ code, signal }, stderr).toEqual({ code: 0, signal: null })
      const { reasons, received, ...left } = JSON.parse(stdout)
      expect(left, `seed ${seed}`).toEqual({ threads: 0, descriptors: 0 })
      expect(reasons.CORRUPT, `seed ${seed}`).toBeGreaterThan(rounds / 10)
      // Some messages got through: it was not all over before it began.
      expect(received).toBeGreaterThan(0)
    },
    130_000,
  )
})
