// `readable` and `writable`: the channel as web streams.
import { describe, expect, it, vi } from 'vitest'
import { SharedChannelError } from '../src/errors.ts'
import { pattern } from './helpers/bytes.ts'
import { fillRing, openPair, sendUntilFalse } from './helpers/channel-pair.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

describe('readable', () => {
  it('gives the messages of all types, in order, and closes with the channel', async () => {
    const { a, b } = openPair()
    const received: unknown[] = []
    const reading = b.readable.pipeTo(new WritableStream({ write: (message) => void received.push(message) }))
    a.send('note', 'one')
    a.send('value', { two: 2 })
    a.send('note', 'three')
    await a.close()
    await reading
    expect(received).toEqual([
      { type: 'note', data: 'one' },
      { type: 'value', data: { two: 2 } },
      { type: 'note', data: 'three' },
    ])
  })

  it('is always the same, and takes messages from the first time it is asked for', async () => {
    const { a, b, linkB } = openPair()
    a.send('note', 'early')
    await turns()
    expect(b.stats().receivedMessages).toBe(0)
    expect(linkB.holdsEventLoop).toBe(false)
    const { readable } = b
    expect(b.readable).toBe(readable)
    expect(linkB.holdsEventLoop).toBe(true)
    await until(() => b.stats().receivedMessages === 1)
    const reader = readable.getReader()
    expect(await reader.read()).toEqual({ value: { type: 'note', data: 'early' }, done: false })
  })

  it('holds the ring back when it is read slowly, and holds a bounded number itself', async () => {
    const { a, b } = openPair()
    const reader = b.readable.getReader()
    let sent = 0
    while (sent < 400) {
      sent++
      if (a.send('data', pattern(100, sent))) await turns(1)
      else break
    }
    await turns(50)
    expect(await stateOf(a.ready)).toBe('pending')
    expect(b.stats().receivedMessages).toBe(64)
    for (let i = 1; i <= sent; i++) expect((await reader.read()).value).toEqual({ type: 'data', data: pattern(100, i) })
  })

  it('copies views', async () => {
    const { a, b, memory } = openPair()
    const reader = b.readable.getReader()
    for (let i = 0; i < 4; i++) a.send('seen', pattern(500, i))
    await turns()
    for (let i = 0; i < 4; i++) {
      const { value } = await reader.read()
      expect(value).toEqual({ type: 'seen', data: pattern(500, i) })
      expect(value?.data).not.toHaveProperty('buffer', memory)
    }
  })

  it('fails with the reason when the other side is lost, after what it had published', async () => {
    const { a, b, linkB } = openPair()
    const reader = b.readable.getReader()
    a.send('note', 'published')
    const reason = new SharedChannelError('PEER_LOST', 'The other side went away.')
    linkB.end(reason)
    expect((await reader.read()).value).toEqual({ type: 'note', data: 'published' })
    await expect(reader.read()).rejects.toBe(reason)
    await expect(reader.closed).rejects.toBe(reason)
  })

  it('that is cancelled takes no more, whether it was waiting or not', async () => {
    const { a, b, linkB } = openPair()
    const reader = b.readable.getReader()
    const waiting = reader.read()
    await turns(1)
    await reader.cancel()
    expect(await waiting).toEqual({ value: undefined, done: true })
    expect(linkB.holdsEventLoop).toBe(false)
    a.send('note', 'stays')
    await turns()
    expect(b.stats().receivedMessages).toBe(0)
    expect(b.state).toBe('open')
  })

  it('of a closed channel is closed', async () => {
    const { b } = openPair()
    await b.close()
    expect(await b.readable.getReader().read()).toEqual({ value: undefined, done: true })
  })
})

describe('writable', () => {
  it('sends what is written, and is always the same', async () => {
    const { a, b } = openPair()
    const received: unknown[] = []
    b.on('note', (note) => received.push(note))
    b.on('value', (value) => received.push(value))
    expect(a.writable).toBe(a.writable)
    const writer = a.writable.getWriter()
    await writer.write({ type: 'note', data: 'one' })
    await writer.write({ type: 'value', data: 2 })
    await until(() => received.length === 2)
    expect(received).toEqual(['one', 2])
  })

  it('makes the writer wait while messages wait for room', async () => {
    const { a, b } = openPair()
    fillRing(a)
    const writer = a.writable.getWriter()
    const written = writer.write({ type: 'data', data: pattern(500) })
    const next = writer.write({ type: 'data', data: pattern(500) })
    await turns()
    expect(await stateOf(written)).toBe('pending')
    expect(a.stats().queuedMessages).toBe(1) // the next one is not even taken
    b.on('data', () => {})
    await Promise.all([written, next])
    expect(a.stats().queuedMessages).toBe(0)
  })

  it('takes a pipe: a whole stream goes through, and what is slow slows all of it', async () => {
    const { a, b } = openPair()
    let made = 0
    const source = new ReadableStream(
      {
        pull: (controller) => {
          if (made === 300) controller.close()
          else controller.enqueue({ type: 'data' as const, data: pattern(100, made++) })
        },
      },
      { highWaterMark: 0 },
    )
    const piped = source.pipeTo(a.writable)
    const reader = b.readable.getReader()
    await turns(300)
    expect(made).toBeLessThan(120) // the ring, the 64 of the reader, one that waits
    for (let i = 0; i < 300; i++) expect((await reader.read()).value?.data).toEqual(pattern(100, i))
    await piped
    expect(made).toBe(300)
    expect(a.state).toBe('open')
  })

  it('flushes when it is closed, and leaves the channel open', async () => {
    const { a, b } = openPair()
    const accepted = sendUntilFalse(a)
    const closed = a.writable.close()
    expect(await stateOf(closed)).toBe('pending')
    let received = 0
    b.on('data', () => received++)
    await closed
    expect(a.stats().queuedMessages).toBe(0)
    expect(a.state).toBe('open')
    expect(a.send('data', pattern(1))).toBe(true)
    await until(() => received === accepted + 1)
  })

  it('fails with what send throws', async () => {
    const { a } = openPair({ maxMessageBytes: 10 })
    const writer = a.writable.getWriter()
    await expect(writer.write({ type: 'data', data: pattern(11) })).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    expect(a.state).toBe('open')
  })

  it('fails when the channel ends, with the reason as the cause', async () => {
    const { a, linkA } = openPair()
    fillRing(a)
    const writer = a.writable.getWriter()
    writer.closed.catch(() => {})
    const written = writer.write({ type: 'data', data: pattern(500) })
    const reason = new SharedChannelError('PEER_LOST', 'The other side went away.')
    linkA.end(reason)
    await expect(written).rejects.toMatchObject({ code: 'CLOSED', cause: { code: 'PEER_LOST' } })
  })
})

describe('in a host without streams', () => {
  it('they are NOT_SUPPORTED, and the message says what to use', () => {
    vi.stubGlobal('ReadableStream', undefined)
    vi.stubGlobal('WritableStream', undefined)
    const { a, linkA } = openPair()
    const refusal = (text: string) =>
      expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining(text) })
    expect(() => a.readable).toThrow(refusal('for await'))
    expect(() => a.writable).toThrow(refusal('channel.send'))
    expect(linkA.holdsEventLoop).toBe(false) // nobody became a consumer
    expect(a.state).toBe('open')
  })
})
