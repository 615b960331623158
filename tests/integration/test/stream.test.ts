import { bytes, defineProtocol, typedArray } from '@shared-channel/core'
import { expect, it } from 'vitest'
import { openChannel } from './helpers/channels.ts'
import { until } from './helpers/wait.ts'

const WORDS = 250_000_000
/** Messages of 1.2 MB through rings of 1 MiB: cut into fragments and put together; and small ones, read in place. */
const WORDS_A_MESSAGE = 300_000
const WORDS_A_SMALL_MESSAGE = 30_000

const Stream = defineProtocol({
  send: {
    data: { id: 1, codec: bytes() },
    ask: { id: 2, codec: bytes() },
    produce: { id: 3, codec: typedArray(Uint32Array) },
  },
  receive: {
    data: { id: 1, codec: typedArray(Int32Array, { view: true }) },
    report: { id: 2, codec: typedArray(Uint32Array) },
    produced: { id: 3, codec: typedArray(Uint32Array) },
  },
})

/** The checksum of the plugin `checksum`: it depends on every word and its place. */
function add(sum: number, words: Int32Array): number {
  let result = sum
  for (let i = 0; i < words.length; i++) result = (Math.imul(result, 31) + (words[i] as number)) | 0
  return result
}

it('a billion bytes arrive in the plugin as they were sent', async () => {
  const channel = await openChannel('checksum', Stream, { sendCapacity: 1 << 20 })
  let state = 1
  let sum = 0
  let messages = 0
  const data = new Int32Array(WORDS_A_MESSAGE)
  for (let left = WORDS; left > 0; ) {
    const words = messages++ % 2 === 0 ? WORDS_A_MESSAGE : WORDS_A_SMALL_MESSAGE
    const part = data.subarray(0, Math.min(words, left))
    for (let i = 0; i < part.length; i++) part[i] = state = (Math.imul(state, 1664525) + 1013904223) | 0
    sum = add(sum, part)
    left -= part.length
    if (!channel.send('data', part)) await channel.ready
  }
  const report = new Promise<Uint32Array>((resolve) => channel.on('report', resolve))
  channel.send('ask', new Uint8Array())
  expect([...(await report)]).toEqual([sum >>> 0, WORDS])
  expect(channel.stats()).toMatchObject({ sentBytes: 4 * WORDS, queuedMessages: 0 })
})

it.each([
  ['put together', WORDS_A_MESSAGE],
  ['read in place', WORDS_A_SMALL_MESSAGE],
])('a billion bytes of the plugin arrive as they were sent, %s', async (_, wordsAMessage) => {
  const channel = await openChannel('checksum', Stream, { receiveCapacity: 1 << 20 })
  let sum = 0
  let words = 0
  let produced: number | undefined
  channel.on('data', (data) => {
    sum = add(sum, data)
    words += data.length
  })
  channel.on('produced', ([checksum]) => {
    produced = checksum
  })
  channel.send('produce', Uint32Array.of(WORDS, wordsAMessage, 12345))
  await until(() => produced !== undefined)
  expect(words).toBe(WORDS)
  expect(sum >>> 0).toBe(produced)
})
