import { describe, expect, it, vi } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { custom } from '../src/codec.ts'
import { fragmentPayload, HEAD_OFFSET, maxRecordPayload } from '../src/layout.ts'
import { defineProtocol } from '../src/protocol.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { openPair, sendUntilFalse } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

const CAPACITY = 4096

const refusal = (code: string, text = '') => expect.objectContaining({ code, message: expect.stringContaining(text) })

describe('messages', () => {
  it('arrive once and in the order of the calls, whatever their types', async () => {
    const { a, b } = openPair()
    const received: unknown[] = []
    b.on('note', (note) => received.push(note))
    b.on('value', (value) => received.push(value))
    const sent: unknown[] = []
    for (let i = 0; i < 500; i++) {
      if (i % 3 === 0) a.send('value', { i })
      else a.send('note', `note ${i}`)
      sent.push(i % 3 === 0 ? { i } : `note ${i}`)
    }
    await until(() => received.length >= sent.length)
    await turns()
    expect(received).toEqual(sent)
  })

  it.each([
    ['nothing', 0],
    ['a byte', 1],
    ['one less than a record', maxRecordPayload(CAPACITY) - 1],
    ['the largest record', maxRecordPayload(CAPACITY)],
    ['one more than a record', maxRecordPayload(CAPACITY) + 1],
    ['whole fragments', 4 * fragmentPayload(CAPACITY) - 8],
    ['whole fragments and a byte', 4 * fragmentPayload(CAPACITY) - 7],
    ['the ring', CAPACITY],
    ['many rings', 100 * CAPACITY + 3],
  ])('of the size of %s arrive both ways', async (_, size) => {
    const { a, b } = openPair()
    const received: Uint8Array[] = []
    b.on('data', (data) => b.send('data', data))
    a.on('data', (data) => received.push(data))
    for (let i = 0; i < 3; i++) a.send('data', pattern(size, i))
    await until(() => received.length === 3)
    for (let i = 0; i < 3; i++) expectBytes(received[i], pattern(size, i))
  })

  it('are copied before send returns, also those that wait, also those in a Buffer', async () => {
    const { a, b } = openPair()
    const buffer = Buffer.alloc(1000)
    const received: number[] = []
    for (let i = 1; i <= 20; i++) a.send('data', buffer.fill(i))
    buffer.fill(0)
    b.on('data', (data) => received.push(...new Set(data)))
    await until(() => received.length >= 20)
    expect(received).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })
})

describe('back-pressure', () => {
  it('shows as false once messages wait for room, and ready resolves when none do', async () => {
    const { a, b } = openPair()
    expect(await stateOf(a.ready)).toBe('resolved')
    const accepted = sendUntilFalse(a)
    expect(accepted).toBeGreaterThan(30) // the ring took what it could
    const { ready } = a
    expect(a.send('note', 'also accepted')).toBe(false)
    expect(a.ready).toBe(ready)
    await turns()
    expect(await stateOf(ready)).toBe('pending')
    expect(a.stats().queuedMessages).toBe(2)

    const received: unknown[] = []
    b.on('data', (data) => received.push(data.byteLength))
    b.on('note', (note) => received.push(note))
    await ready
    expect(a.stats()).toMatchObject({ queuedMessages: 0, queuedBytes: 0, sentMessages: accepted + 1 })
    await until(() => received.length === accepted + 1)
    expect(received.at(-1)).toBe('also accepted')
    expect(a.send('note', 'there is room again')).toBe(true)
  })

  it('gives a new promise each time send has returned false', async () => {
    const { a, b } = openPair()
    sendUntilFalse(a)
    const first = a.ready
    b.on('data', () => {})
    await first
    sendUntilFalse(a)
    expect(a.ready).not.toBe(first)
    await a.ready
  })

  it('loses nothing when messages larger than the ring wait behind each other', async () => {
    const { a, b } = openPair()
    const sizes = [10_000, 5, 30_000, 0, 2100, 100]
    for (const [index, size] of sizes.entries()) a.send('data', pattern(size, index))
    const received: Uint8Array[] = []
    b.on('data', (data) => received.push(data))
    await until(() => received.length === sizes.length)
    for (const [index, size] of sizes.entries()) expectBytes(received[index], pattern(size, index))
  })

  it('throws QUEUE_FULL above maxQueueBytes, and then nothing was accepted', async () => {
    const { a, b } = openPair({ maxQueueBytes: 1000 })
    const accepted = sendUntilFalse(a) + 9
    for (let i = 0; i < 9; i++) expect(a.send('data', pattern(100))).toBe(false)
    const before = a.stats()
    expect(before.queuedBytes).toBe(1000)
    expect(() => a.send('data', pattern(1))).toThrow(refusal('QUEUE_FULL', '1000 bytes already wait'))
    expect(a.stats()).toEqual(before)
    expect(() => a.send('data', pattern(0))).toThrow(refusal('QUEUE_FULL')) // it takes its place too

    let received = 0
    b.on('data', () => received++)
    await a.ready
    await until(() => received >= accepted)
    await turns()
    expect(received).toBe(accepted)
    expect(a.send('data', pattern(1))).toBe(true)
  })

  it('takes one message of any size when nothing else waits', async () => {
    const { a, b } = openPair({ maxQueueBytes: 10 })
    expect(a.send('data', pattern(50_000))).toBe(false)
    expect(() => a.send('data', pattern(50_000))).toThrow(refusal('QUEUE_FULL'))
    let received: Uint8Array | undefined
    b.on('data', (data) => {
      received = data
    })
    await a.ready
    await until(() => received !== undefined)
    expectBytes(received, pattern(50_000))
  })
})

describe('send refuses', () => {
  it('names that the protocol does not send, and tells which it does', () => {
    const { a } = openPair()
    const send = a.send.bind(a) as (name: string, payload: unknown) => boolean
    expect(() => send('nots', 'x')).toThrow(refusal('INVALID_ARGUMENT', 'no message "nots"; it knows "data", "note"'))
    expect(() => send('toString', 'x')).toThrow(refusal('INVALID_ARGUMENT'))
  })

  it('messages above maxMessageBytes, in one record or more, and sends what fits', () => {
    const { a } = openPair({ maxMessageBytes: 1000 })
    expect(a.send('data', pattern(1000))).toBe(true)
    expect(() => a.send('data', pattern(1001))).toThrow(refusal('MESSAGE_TOO_LARGE', '1001 bytes; the limit is 1000'))
    expect(() => a.send('data', pattern(10_000))).toThrow(refusal('MESSAGE_TOO_LARGE'))
    expect(a.stats()).toMatchObject({ sentMessages: 1, sentBytes: 1000, queuedMessages: 0 })
  })

  it('what the codec refuses, with the codec’s own error', () => {
    const { a } = openPair()
    expect(() => a.send('note', 5 as unknown as string)).toThrow(refusal('INVALID_ARGUMENT', 'it is number'))
    expect(() => a.send('value', 10n)).toThrow(TypeError)
    expect(a.stats().sentMessages).toBe(0)
  })

  it.each([undefined, null, 'text', [1, 2], new ArrayBuffer(8), new Float32Array(2), new DataView(new ArrayBuffer(8))])(
    'a codec that makes something else than bytes: %o',
    (encoded) => {
      const Odd = defineProtocol({
        send: {
          odd: { id: 1, codec: custom<unknown>({ encode: (value) => value as Uint8Array, decode: (bytes) => bytes }) },
        },
      })
      const [link] = memoryLinks()
      const channel = new SharedChannel(link, Odd)
      expect(() => channel.send('odd', encoded)).toThrow(refusal('INVALID_ARGUMENT', 'The codec of "odd"'))
      expect(channel.stats().sentMessages).toBe(0)
    },
  )
})

describe('without memory to keep a message that waits', () => {
  /** Runs `action` while bytes can be written into the ring and not be copied. */
  function withoutMemory(action: () => void): void {
    const Original = Uint8Array
    vi.stubGlobal(
      'Uint8Array',
      class extends Original {
        constructor(source: ArrayBuffer, ...place: number[]) {
          if (source instanceof Original) throw new RangeError('Array buffer allocation failed')
          super(source, ...place)
        }
      },
    )
    try {
      action()
    } finally {
      vi.unstubAllGlobals()
    }
  }

  it('send throws OUT_OF_MEMORY and accepts nothing', async () => {
    const { a, b } = openPair()
    const accepted = sendUntilFalse(a)
    const large = pattern(500)
    withoutMemory(() => expect(() => a.send('data', large)).toThrow(refusal('OUT_OF_MEMORY')))
    let received = 0
    b.on('data', () => received++)
    await a.ready
    await until(() => received >= accepted)
    expect(a.state).toBe('open')
    expect(a.send('note', 'still fine')).toBe(true)
  })

  it('ready is what it was', async () => {
    const { a } = openPair()
    for (let i = 0; i < 8; i++) expect(a.send('data', pattern(500))).toBe(true) // the ring is full, and nothing waits
    const large = pattern(500)
    withoutMemory(() => expect(() => a.send('data', large)).toThrow(refusal('OUT_OF_MEMORY')))
    expect(await stateOf(a.ready)).toBe('resolved')
  })

  it('a message that is half in the ring is given up: the other side sees nothing of it', async () => {
    const { a, b } = openPair()
    const large = pattern(50_000)
    withoutMemory(() => expect(() => a.send('data', large)).toThrow(refusal('OUT_OF_MEMORY')))
    const received: string[] = []
    b.on('data', () => received.push('half'))
    b.on('note', (note) => received.push(note))
    a.send('note', 'still fine')
    await until(() => received.length > 0)
    expect(received).toEqual(['still fine'])
  })
})

describe('a reader that lies about its position', () => {
  it('ends the channel with CORRUPT when it rings, and who waits is told', async () => {
    const { a, linkB, memory } = openPair()
    sendUntilFalse(a)
    const { ready } = a
    Atomics.store(new Int32Array(memory), HEAD_OFFSET / 4, 12) // between two records
    linkB.wakePeer()
    await expect(ready).rejects.toMatchObject({ code: 'CLOSED', cause: { code: 'CORRUPT' } })
    expect(await a.closed).toMatchObject({ reason: { code: 'CORRUPT' }, unconsumed: 1 })
  })

  it('ends the channel with CORRUPT when send finds out', async () => {
    const { a, memory } = openPair()
    a.send('note', 'fills a little')
    Atomics.store(new Int32Array(memory), HEAD_OFFSET / 4, 2 ** 31)
    expect(() => sendUntilFalse(a)).toThrow(refusal('CORRUPT'))
    expect(() => a.send('note', 'too late')).toThrow(refusal('CLOSED', 'impossible'))
    expect(await a.closed).toMatchObject({ reason: { code: 'CORRUPT' }, unconsumed: 0 })
  })
})
