import { describe, expect, it } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import type { ChannelOptions } from '../src/channel-options.ts'
import { SharedChannelError } from '../src/errors.ts'
import {
  HEADER_SIZE,
  RING_STRIDE,
  SIDE_STRIDE,
  STATE_LOST,
  STATE_OFFSET,
  segmentSize,
  TAIL_OFFSET,
} from '../src/layout.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { openPair, sendUntilFalse, Talk } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { turns, until } from './helpers/wait.ts'

const lost = () => new SharedChannelError('PEER_LOST', 'The other side went away.')

describe('close', () => {
  it('sends what waits and lets the other side take it', async () => {
    const { a, b } = openPair()
    const received: Uint8Array[] = []
    const sizes = [100, 10_000, 0, 5000, 50_000]
    for (const [index, size] of sizes.entries()) a.send('data', pattern(size, index))
    expect(a.stats().queuedMessages).toBeGreaterThan(2)
    b.on('data', (data) => received.push(data))
    const end = await a.close()
    expect(end).toEqual({ unconsumed: 0 })
    expect(await b.closed).toEqual({ unconsumed: 0 })
    expect(received.length).toBe(sizes.length)
    for (const [index, size] of sizes.entries()) expectBytes(received[index], pattern(size, index))
  })

  it('hands out what the other side had published, also its answers', async () => {
    const { a, b } = openPair()
    const received: string[] = []
    a.on('note', (note) => received.push(note))
    b.on('note', (note) => b.send('note', `${note} answered`))
    b.send('note', 'published')
    a.send('note', 'one')
    a.send('note', 'two')
    expect(await a.close()).toEqual({ unconsumed: 0 })
    expect(received).toEqual(['published', 'one answered', 'two answered'])
  })

  it('may be called again, and goes from open through closing to closed', async () => {
    const { a } = openPair()
    expect(a.state).toBe('open')
    const closing = a.close()
    expect(a.state).toBe('closing')
    expect(a.close()).toBe(closing)
    expect(a.closed).toBe(closing)
    await closing
    expect(a.state).toBe('closed')
    expect(await a.close()).toEqual({ unconsumed: 0 })
  })

  it('isClosed tells when nothing is left of it', async () => {
    const { a } = openPair()
    expect(a.isClosed).toBe(false)
    const closing = a.close()
    expect(a.isClosed).toBe(false)
    await closing
    expect(a.isClosed).toBe(true)
  })

  it('happens at the end of an await using block', async () => {
    const { a, b } = openPair()
    a.send('note', 'last')
    const received: string[] = []
    b.on('note', (note) => received.push(note))
    // What the block does; the syntax itself is too new for some of our hosts.
    expect(await a[Symbol.asyncDispose]()).toBeUndefined()
    expect(a.isClosed).toBe(true)
    expect(received).toEqual(['last'])
  })

  it('refuses everything from the moment it is called', async () => {
    const { a } = openPair()
    const closed = a.close()
    const refusal = expect.objectContaining({ code: 'CLOSED' })
    expect(() => a.send('note', 'x')).toThrow(refusal)
    expect(() => a.trySend('note', 'x')).toThrow(refusal)
    expect(() => a.reserve('note', 1)).toThrow(refusal)
    await expect(a.sendDirect('note', 'x')).rejects.toEqual(refusal)
    await closed
  })

  it('may be called in a handler; the messages behind are handed out too', async () => {
    const { a, b } = openPair()
    const received: string[] = []
    b.on('note', (note) => {
      received.push(note)
      void b.close()
    })
    for (const note of ['one', 'two', 'three']) a.send('note', note)
    expect(await b.closed).toEqual({ unconsumed: 0 })
    expect(received).toEqual(['one', 'two', 'three'])
    expect(await a.closed).toEqual({ unconsumed: 0 })
  })

  it('gives up after closeTimeout when the other side does not take what waits, and counts it', async () => {
    const [link] = memoryLinks()
    const channel = new SharedChannel(link, Talk, { closeTimeout: 30 })
    sendUntilFalse(channel)
    channel.send('note', 'waits too')
    const { ready } = channel
    const start = performance.now()
    const accepted = channel.stats().sentMessages + 2 // in the ring, and in the queue
    expect(await channel.close()).toEqual({
      unconsumed: accepted,
      reason: expect.objectContaining({
        code: 'TIMEOUT',
        message: expect.stringContaining(`${accepted} of the messages`),
      }),
    })
    expect(performance.now() - start).toBeGreaterThan(28)
    await expect(ready).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('needs no consumers at either end', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    expect(await a.close()).toEqual({ unconsumed: 0 })
    expect(await b.closed).toEqual({ unconsumed: 0 })
  })

  it('waits for a consumer of what was sent before, even when there is none yet', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    a.send('note', 'early')
    const closed = a.close()
    await turns()
    const received: string[] = []
    b.on('note', (note) => received.push(note))
    expect(await closed).toEqual({ unconsumed: 0 })
    expect(await b.closed).toEqual({ unconsumed: 0 })
    expect(received).toEqual(['early'])
  })

  it('takes no longer than closeTimeout when nobody consumes at the other end, and says so', async () => {
    const { a, b } = openPair({ closeTimeout: 30 })
    a.send('note', 'nobody takes it')
    expect(await a.close()).toEqual({ unconsumed: 1, reason: expect.objectContaining({ code: 'TIMEOUT' }) })
    expect(await b.closed).toEqual({ unconsumed: 0 })
    expect(b.stats()).toMatchObject({ receivedMessages: 1, unhandled: 1 })
  })

  it('lets go of the link and touches it no more', async () => {
    const { a, linkA, memory } = openPair()
    a.on('note', () => {})
    await a.close()
    expect(linkA.closed).toBe(true)
    const before = Buffer.from(memory).toString('base64')
    expect(() => a.send('note', 'late')).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await turns()
    expect(Buffer.from(memory).toString('base64')).toBe(before)
    expect(linkA.holdsEventLoop).toBe(false)
  })
})

describe('a closed channel', () => {
  it('takes no consumers, and iteration ends at once', async () => {
    const { a } = openPair()
    await a.close()
    expect(() => a.on('note', () => {})).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    const messages: unknown[] = []
    for await (const message of a) messages.push(message)
    expect(messages).toEqual([])
  })

  it('tells why it ended to all who ask', async () => {
    const { a, linkA } = openPair()
    const reason = lost()
    linkA.end(reason)
    expect(await a.closed).toEqual({ reason, unconsumed: 0 })
    expect(() => a.send('note', 'late')).toThrow(
      expect.objectContaining({ code: 'CLOSED', cause: reason, message: expect.stringContaining('went away') }),
    )
    await expect(a[Symbol.asyncIterator]().next()).rejects.toBe(reason)
  })
})

describe('when the other side ends', () => {
  it('as lost, that is no close: the link says why, which may be later than the memory does', async () => {
    const { a, linkA, linkB } = openPair()
    new Int32Array(linkA.memory)[(STATE_OFFSET + SIDE_STRIDE) / 4] = STATE_LOST
    linkB.wakePeer()
    await turns(5)
    expect(a.state).toBe('open')
    const reason = lost()
    linkA.end(reason)
    expect(await a.closed).toEqual({ reason, unconsumed: 0 })
  })

  it('what it had published is handed out first, to handlers and loops', async () => {
    const { a, b, linkB } = openPair()
    const handled: string[] = []
    const looped: unknown[] = []
    b.on('note', (note) => handled.push(note))
    const loop = (async () => {
      for await (const { data } of b) looped.push(data)
    })()
    for (const note of ['one', 'two', 'three']) a.send('note', note)
    const reason = lost()
    linkB.end(reason)
    await expect(loop).rejects.toBe(reason)
    expect(await b.closed).toEqual({ reason, unconsumed: 0 })
    expect(handled).toEqual(['one', 'two', 'three'])
    expect(looped).toEqual(['one', 'two', 'three'])
  })

  it('in good order, loops just end', async () => {
    const { a, b } = openPair()
    const looped: unknown[] = []
    const loop = (async () => {
      for await (const { data } of b) looped.push(data)
    })()
    a.send('note', 'last')
    await a.close()
    await loop
    expect(looped).toEqual(['last'])
  })

  it('what waits is counted as unconsumed, and who awaits ready is told', async () => {
    const { a, linkA } = openPair()
    sendUntilFalse(a)
    const { ready } = a
    const reason = lost()
    linkA.end(reason)
    await expect(ready).rejects.toMatchObject({ code: 'CLOSED', cause: { code: 'PEER_LOST' } })
    const { unconsumed, reason: told } = await a.closed
    expect(unconsumed).toBe(a.stats().sentMessages + 1)
    expect(told).toMatchObject({ code: 'PEER_LOST', cause: reason })
    expect(told?.message).toMatch(
      `${reason.message} ${unconsumed} of the messages that this side sent were not consumed.`,
    )
  })

  it('before there was a channel, the channel closes', async () => {
    const [link] = memoryLinks()
    const reason = lost()
    link.end(reason)
    expect(await new SharedChannel(link, Talk).closed).toEqual({ reason, unconsumed: 0 })
  })

  it('while the channel closes, the first reason stays', async () => {
    const { a, linkA } = openPair()
    const first = lost()
    linkA.end(first)
    linkA.end(lost())
    expect((await a.closed).reason).toBe(first)
  })
})

describe('garbage', () => {
  const ringB = { tail: (TAIL_OFFSET + RING_STRIDE) / 4, record: (HEADER_SIZE + 4096) / 4 }

  it.each<[string, (words: Int32Array) => void]>([
    ['a position', (words) => words.fill(12, ringB.tail, ringB.tail + 1)],
    ['a record’s length', (words) => words.fill(-1, ringB.record, ringB.record + 1)],
    ['a record’s flags', (words) => words.fill(-1, ringB.record + 1, ringB.record + 2)],
  ])('in %s closes the channel with CORRUPT', async (_, spoil) => {
    const { a, b, linkB, memory } = openPair()
    b.send('note', 'four')
    spoil(new Int32Array(memory))
    const received: string[] = []
    a.on('note', (note) => received.push(note))
    linkB.wakePeer()
    const end = await a.closed
    expect(end.reason).toBeInstanceOf(SharedChannelError)
    expect(end.reason?.code).toBe('CORRUPT')
    expect(received).toEqual([])
    expect(a.state).toBe('closed')
  })

  it.each([-1, 5, 2 ** 31 - 1])('in the other side’s state (%i) closes the channel with CORRUPT', async (state) => {
    const { a, linkB, memory } = openPair()
    a.on('note', () => {})
    await turns()
    new Int32Array(memory)[(STATE_OFFSET + SIDE_STRIDE) / 4] = state
    linkB.wakePeer()
    expect((await a.closed).reason).toMatchObject({ code: 'CORRUPT', message: expect.stringContaining('state') })
  })

  it('in front of good messages loses none that came before it', async () => {
    const { a, b, memory } = openPair()
    const received: string[] = []
    for (const note of ['one', 'two']) b.send('note', note)
    const words = new Int32Array(memory)
    b.send('note', 'three')
    words[ringB.record + 2 * 4] = 2 ** 31 - 1 // the length of the third
    a.on('note', (note) => received.push(note))
    expect((await a.closed).reason).toMatchObject({ code: 'CORRUPT' })
    expect(received).toEqual(['one', 'two'])
  })

  it('is not what a message above maxMessageBytes is', async () => {
    const { a, b } = openPair({ optionsB: { maxMessageBytes: 1000 } })
    b.on('data', () => {})
    a.send('data', pattern(1001))
    expect((await b.closed).reason).toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    expect((await a.closed).unconsumed).toBe(1)
  })
})

describe('memory that is taken away', () => {
  const size = segmentSize(4096, 4096)
  /** A buffer that can become smaller; the types of ES2022 do not know it. */
  const resizable = () =>
    new (ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer & { resize(size: number): void })(
      size,
      { maxByteLength: size },
    )

  it.each([
    [
      'transferred',
      () => {
        const buffer = new ArrayBuffer(size)
        return [buffer, () => structuredClone(buffer, { transfer: [buffer] })] as const
      },
    ],
    [
      'made smaller',
      () => {
        const buffer = resizable()
        return [buffer, () => buffer.resize(0)] as const
      },
    ],
  ])('because it was %s ends the channel, at whatever it does next', async (_, make) => {
    const actions: ((channel: SharedChannel<Talk>, ring: () => void) => unknown)[] = [
      (channel) => expect(() => channel.send('data', pattern(9))).toThrow(expect.objectContaining({ code: 'CORRUPT' })),
      (channel) =>
        expect(() => channel.send('data', pattern(9e4))).toThrow(expect.objectContaining({ code: 'CORRUPT' })),
      (_, ring) => ring(),
      (channel, ring) => {
        channel.on('data', () => {})
        ring()
      },
    ]
    for (const act of actions) {
      const [memory, takeAway] = make()
      const [link, peer] = memoryLinks(4096, 4096, memory)
      const channel = new SharedChannel(link, Talk, { closeTimeout: 30 })
      channel.on('note', () => {})
      if (act === actions[2]) sendUntilFalse(channel) // so that there is something to do when it is woken
      await turns()
      takeAway()
      act(channel, () => peer.wakePeer())
      const { reason } = await channel.closed
      expect(reason).toBeInstanceOf(SharedChannelError)
      expect(reason).toMatchObject({ code: 'CORRUPT', cause: expect.any(Error) })
    }
  })

  it('lets close end', async () => {
    const memory = new ArrayBuffer(size)
    const channel = new SharedChannel(memoryLinks(4096, 4096, memory)[0], Talk, { closeTimeout: 30 })
    structuredClone(memory, { transfer: [memory] })
    expect((await channel.close()).reason).toMatchObject({ code: 'CORRUPT' })
  })
})

describe('a channel cannot be made', () => {
  const open = (options: ChannelOptions) => () => new SharedChannel(memoryLinks()[0], Talk, options)

  it.each([
    { maxMessageBytes: -1 },
    { maxMessageBytes: 2 ** 32 - 8 },
    { maxQueueBytes: Number.NaN },
    { receiveBudget: '10' as unknown as number },
    { closeTimeout: 2 ** 31 },
    { closeTimeout: null as unknown as number },
  ])('with %o', (options) => {
    expect(open(options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`${Object.keys(options)}`),
      }),
    )
  })

  it('but may have the largest and smallest options', () => {
    const largest = { maxMessageBytes: 2 ** 32 - 9, closeTimeout: 2 ** 31 - 1, maxQueueBytes: Number.MAX_SAFE_INTEGER }
    expect(open(largest)).not.toThrow()
    expect(open({ maxMessageBytes: 0, maxQueueBytes: 0, receiveBudget: 0, closeTimeout: 0 })).not.toThrow()
  })

  it('over a link that is in use', async () => {
    const { a, b, linkA } = openPair()
    expect(() => new SharedChannel(linkA, Talk)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    // The first one is as it was.
    const received: string[] = []
    a.on('note', (note) => received.push(note))
    b.send('note', 'still here')
    await until(() => received.length === 1)
  })

  it('over a link that is closed, or over other memory', async () => {
    const [link] = memoryLinks()
    await link.close()
    expect(() => new SharedChannel(link, Talk)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    const [other] = memoryLinks()
    new Uint32Array(other.memory)[0] = 0
    expect(() => new SharedChannel(other, Talk)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })
})
