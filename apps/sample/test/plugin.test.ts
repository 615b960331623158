// The native plugin, through a real channel.
import { fileURLToPath } from 'node:url'
import { type ReceiveName, type ReceivePayload, SharedChannel } from '@shared-channel/core'
import { MessageType } from '@shared-channel/core/compat'
import { type OpenPluginOptions, openPlugin } from '@shared-channel/native'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { Checksum, Pattern, StreamCheck } from '../src/pattern.ts'
import { LARGEST_RATE, levelAt, Sample } from '../src/protocol.ts'
import { checkStream } from '../src/stream.ts'

type SampleChannel = SharedChannel<typeof Sample>

const PLUGIN = fileURLToPath(new URL('../build/Release/sample', import.meta.url))
const SMALLEST_RING = 4096

const opened: SampleChannel[] = []

afterEach(() => Promise.all(opened.splice(0).map((channel) => channel.close())))

async function open(options: OpenPluginOptions = {}): Promise<SampleChannel> {
  const channel = new SharedChannel(await openPlugin(PLUGIN, { updateInterval: 4, ...options }), Sample)
  opened.push(channel)
  return channel
}

type Received = ReceiveName<typeof Sample>

/** The next `count` messages. */
function take<Name extends Received>(channel: SampleChannel, name: Name, count: number) {
  const messages: ReceivePayload<typeof Sample, Name>[] = []
  return new Promise<typeof messages>((resolve) => {
    const stop = channel.on(name, (message) => {
      if (messages.push(message) < count) return
      stop()
      resolve(messages)
    })
  })
}

const nextError = (channel: SampleChannel) => new Promise<unknown>((resolve) => channel.onError(resolve))

/** When the plugin has seen all that was sent before. */
const seen = (channel: SampleChannel) => channel.request('describe', null)

describe('levels', () => {
  it('come in order, no faster than the rate', async () => {
    const channel = await open()
    const start = performance.now()
    const coming = take(channel, 'level', 300)

    channel.send('rate', { perSecond: 1000 })

    expect(await coming).toEqual(Array.from({ length: 300 }, (_, n) => levelAt(n, 1000)))
    expect(performance.now() - start).toBeGreaterThanOrEqual(299)
  })

  it('go up and down between 0 and 1', () => {
    expect([0, 5, 10, 15, 19, 20].map((n) => levelAt(n, 10))).toEqual([0, 0.5, 1, 0.5, 0.1, 0].map(closeTo))
  })

  it('come a million a second', async () => {
    const channel = await open()
    const coming = take(channel, 'level', 200_000)

    channel.send('rate', { perSecond: LARGEST_RATE })

    const levels = await coming
    expect(levels.findIndex((level, n) => level !== levelAt(n, LARGEST_RATE))).toBe(-1)
  })

  it('wait for room when nobody reads them, and are not made up for', async () => {
    const channel = await open({ receiveCapacity: SMALLEST_RING })
    channel.send('rate', { perSecond: LARGEST_RATE })
    const resume = channel.pause()
    const coming = take(channel, 'level', 10_000)
    await channel.flush()

    resume()

    expect((await coming).findIndex((level, n) => level !== levelAt(n, LARGEST_RATE))).toBe(-1)
  })

  it('stop at rate 0, and start anew with the next', async () => {
    const channel = await open()
    const first = take(channel, 'level', 5)
    channel.send('rate', { perSecond: 1000 })
    await first
    channel.send('rate', { perSecond: 0 })
    await seen(channel)
    const counted: number[] = []
    channel.on('level', (level) => counted.push(level))
    await checkStream(channel, { blocks: 100, blockBytes: 1000, seed: 1 })
    expect(counted).toEqual([])

    const again = take(channel, 'level', 2)
    channel.send('rate', { perSecond: 1000 })
    expect(await again).toEqual([0, 0.001])
  })

  it('are refused above a million a second', async () => {
    const channel = await open()
    const error = nextError(channel)

    channel.send('rate', { perSecond: LARGEST_RATE + 1 })

    expect(await error).toMatchObject({ code: 'PLUGIN_ERROR', message: expect.stringContaining('at most 1000000') })
  })
})

describe('a stream', () => {
  it.each([
    { blocks: 1000, blockBytes: 4096, ring: 1 << 20 },
    { blocks: 2000, blockBytes: 1021, ring: SMALLEST_RING },
    { blocks: 3, blockBytes: 0, ring: SMALLEST_RING },
    { blocks: 0, blockBytes: 10, ring: SMALLEST_RING },
  ])('of $blocks blocks of $blockBytes bytes comes whole through a ring of $ring', async (each) => {
    const { blocks, blockBytes, ring } = each
    const channel = await open({ receiveCapacity: ring, updateInterval: 1 })

    const progress: number[] = []
    const result = await checkStream(channel, { blocks, blockBytes, seed: 42 }, (bytes) => progress.push(bytes))

    expect(result).toMatchObject({ bytes: blocks * blockBytes, isRight: true })
    expect(progress).toEqual(Array.from({ length: blocks }, (_, i) => (i + 1) * blockBytes))
  })

  it('may be followed by another', async () => {
    const channel = await open()
    for (const seed of [1, 2]) {
      const result = await checkStream(channel, { blocks: 10, blockBytes: 100, seed })
      expect(result).toMatchObject({ bytes: 1000, isRight: true })
    }
  })

  it.each(['in good order', 'by a crash'])('ends with its channel, which closes %s', async (how) => {
    const channel = await open({ isolation: 'process' })
    const streaming = checkStream(channel, { blocks: 2 ** 32 - 1, blockBytes: 1000, seed: 1 })
    if (how === 'by a crash') channel.send('fail', 'trap')
    else void channel.close()
    await expect(streaming).rejects.toMatchObject({ code: how === 'by a crash' ? 'PEER_LOST' : 'CLOSED' })
  })

  it('waits while nobody reads, and the plugin still takes messages', async () => {
    const channel = await open({ receiveCapacity: SMALLEST_RING })
    const check = new StreamCheck(5)
    channel.on('block', (block) => check.add(block))
    const over = take(channel, 'streamed', 1)
    const resume = channel.pause()
    channel.send('stream', { blocks: 100, blockBytes: 1000, seed: 5 })
    channel.send('block', new Uint8Array(10))
    await channel.flush()

    resume()

    const [end] = await over
    expect(end && check.isRight(end)).toBe(true)
    expect(await channel.request('checksum', null)).toMatchObject({ blocks: 1 })
  })

  it('does not keep the channel from closing', async () => {
    const channel = await open({ receiveCapacity: SMALLEST_RING })
    channel.send('stream', { blocks: 2 ** 32 - 1, blockBytes: 1000, seed: 1 })
    await take(channel, 'block', 1)

    expect(await channel.close()).not.toHaveProperty('reason')
  })

  it('is refused while another is under way, and when a block would not fit', async () => {
    const channel = await open({ receiveCapacity: SMALLEST_RING })
    const tooLarge = nextError(channel)
    channel.send('stream', { blocks: 1, blockBytes: SMALLEST_RING / 2, seed: 1 })
    expect(await tooLarge).toMatchObject({ code: 'PLUGIN_ERROR', message: expect.stringContaining('half the ring') })

    const second = nextError(channel)
    channel.send('stream', { blocks: 2 ** 32 - 1, blockBytes: 1000, seed: 1 })
    channel.send('stream', { blocks: 1, blockBytes: 1, seed: 1 })
    channel.on('block', () => {})
    expect(await second).toMatchObject({ code: 'PLUGIN_ERROR', message: expect.stringContaining('under way') })
  })
})

describe('the check of a stream', () => {
  const blocksOf = (seed: number) => {
    const pattern = new Pattern(seed)
    return Array.from({ length: 3 }, () => pattern.next(100))
  }
  const checkOf = (blocks: Iterable<Uint8Array>) => {
    const check = new StreamCheck(9)
    for (const block of blocks) check.add(block)
    return check
  }
  const [first, second, third] = blocksOf(9) as [Uint8Array, Uint8Array, Uint8Array]
  const checksum = new Checksum()
  for (const block of [first, second, third]) checksum.add(block)
  const end = { blocks: 3, checksum: checksum.value }

  it('finds what is all right', () => {
    expect(checkOf([first, second, third]).isRight(end)).toBe(true)
  })

  it.each([
    { what: 'a missing block', blocks: [first, third] },
    { what: 'a missing last block', blocks: [first, second] },
    { what: 'a block that came twice', blocks: [first, first, second, third] },
    { what: 'blocks in another order', blocks: [second, first, third] },
    { what: 'one wrong byte', blocks: [first, second, third.map((byte, i) => (i === 99 ? byte ^ 1 : byte))] },
    { what: "another seed's", blocks: blocksOf(10) },
  ])('finds $what', ({ blocks }) => {
    expect(checkOf(blocks).isRight(end)).toBe(false)
  })
})

describe('blocks', () => {
  it('are counted and summed up until the checksum is asked for', async () => {
    const channel = await open()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 20 }), async (blocks) => {
        const checksum = new Checksum()
        for (const block of blocks) {
          checksum.add(block)
          channel.send('block', block)
        }
        const sum = await channel.request('checksum', null)
        expect(sum).toEqual({ blocks: blocks.length, checksum: checksum.value })
      }),
      { numRuns: 20, seed: 1 },
    )
  })
})

describe("the tutorial's messages", () => {
  const bytesOf = (text: string) => new TextEncoder().encode(text)

  it.each([
    { type: MessageType.TEXT, payload: bytesOf('Grüße from C++'), answer: bytesOf('GRüßE FROM C++') },
    { type: MessageType.TEXT, payload: bytesOf(''), answer: bytesOf('') },
    { type: MessageType.BINARY, payload: Uint8Array.of(1, 2, 255), answer: Uint8Array.of(255, 2, 1) },
    { type: MessageType.COMMAND, payload: bytesOf('ping'), answer: bytesOf('pong') },
  ])('of type $type are answered', async ({ type, payload, answer }) => {
    const channel = await open()
    const answers = take(channel, 'message', 1)

    channel.send('message', { type, payload })

    expect(await answers).toEqual([{ type, payload: answer }])
  })

  it('are answered in order while there are more than fit into the rings', async () => {
    const channel = await open({ sendCapacity: SMALLEST_RING, receiveCapacity: SMALLEST_RING })
    const answers = take(channel, 'message', 1000)

    for (let i = 0; i < 1000; i++) channel.send('message', { type: MessageType.TEXT, payload: bytesOf(`n${i}`) })

    const texts = (await answers).map(({ payload }) => new TextDecoder().decode(payload))
    expect(texts).toEqual(Array.from({ length: 1000 }, (_, i) => `N${i}`))
  })

  it.each([
    { what: 'another command', message: { type: MessageType.COMMAND, payload: bytesOf('stop') }, text: 'ping' },
    { what: 'another type', message: { type: 3 as MessageType, payload: bytesOf('') }, text: 'no such type' },
  ])('that are $what are an error', async ({ message, text }) => {
    const channel = await open()
    const error = nextError(channel)

    channel.send('message', message)

    expect(await error).toMatchObject({ code: 'PLUGIN_ERROR', message: expect.stringContaining(text) })
  })
})

describe('describe', () => {
  it('tells what the plugin was opened with, and how many there are', async () => {
    const options = { gain: 2, name: 'ä"\\' }
    const first = await open({ options })
    expect(await seen(first)).toEqual({ name: 'sample', options, instances: 1 })

    const second = await open()
    expect(await seen(second)).toEqual({ name: 'sample', options: null, instances: 2 })

    await first.close()
    expect(await seen(second)).toMatchObject({ instances: 1 })
  })
})

describe('fail', () => {
  it('is reported as an error, and the channel goes on', async () => {
    const channel = await open()
    const error = nextError(channel)

    channel.send('fail', 'no such luck')

    expect(await error).toMatchObject({ code: 'PLUGIN_ERROR', message: expect.stringContaining('no such luck') })
    expect(await seen(channel)).toMatchObject({ name: 'sample' })
  })

  it('crashes the process of the plugin', async () => {
    const channel = await open({ isolation: 'process' })

    channel.send('fail', 'trap')

    expect(await channel.closed).toMatchObject({ reason: { code: 'PEER_LOST' } })
  })
})

const closeTo = (value: number) => expect.closeTo(value, 12)
