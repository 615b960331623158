// Buffers in the messages of a channel.
import { describe, expect, it, vi } from 'vitest'
import { type BufferPayload, sharedBuffer } from '../src/buffer-codec.ts'
import { SharedChannel } from '../src/channel.ts'
import { bytes, text } from '../src/codec.ts'
import { FLAG_CONTROL } from '../src/layout.ts'
import { type PostedBuffer, postSharedBuffer } from '../src/posting.ts'
import { defineProtocol } from '../src/protocol.ts'
import type { ReceivedBuffer } from '../src/received-buffer.ts'
import { filled, listening } from './helpers/buffers.ts'
import { openEnds, type PairOptions } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { copying, TableHost } from './helpers/table-host.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

const refusal = (code: string, text = '') => expect.objectContaining({ code, message: expect.stringContaining(text) })

function open(options?: PairOptions) {
  const host = new TableHost()
  const codec = sharedBuffer({ host })
  const Images = defineProtocol({
    both: {
      note: { id: 1, codec: text() },
      image: { id: 2, codec },
      fill: { id: 3, codec, reply: codec },
      data: { id: 4, codec: bytes() },
    },
  })
  const { a, b, linkA, linkB } = openEnds(Images, options)
  let posted: PostedBuffer | undefined
  /** A payload, and what became of it. */
  const payload = (more: Partial<BufferPayload> = {}): BufferPayload => ({
    buffer: filled(host, 3),
    onPosted: (made) => {
      posted = made
    },
    ...more,
  })
  return { a, b, linkA, linkB, host, payload, posted: () => posted as PostedBuffer }
}

describe('a message', () => {
  it('may be a buffer, in order with the others', async () => {
    const { a, b, host } = open()
    const seen: unknown[] = []
    b.on('note', (note) => seen.push(note))
    b.on('image', (image) => {
      seen.push([...image.bytes])
      image.release()
    })
    for (let i = 0; i < 50; i++) {
      a.send('note', `${i}`)
      const buffer = filled(host, 2, i)
      a.send('image', buffer)
      buffer.close()
    }
    await until(() => seen.length === 100)
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => [`${i}`, [i, i + 1]]).flat())
    await until(() => host.segments.size === 0)
  })

  it('says how it is posted, and tells the sender', async () => {
    const { a, b, payload, posted, host } = open()
    let image: ReceivedBuffer | undefined
    b.on('image', (received) => {
      image = received
    })
    a.send('image', payload({ access: 'read-write', additionalData: { width: 3 } }))
    await posted().received
    expect(image).toMatchObject({ size: 3, access: 'read-write', additionalData: { width: 3 } })
    expect(image?.getBuffer({ kind: 'shared' })).toBeInstanceOf(SharedArrayBuffer)
    expect(await stateOf(posted().released)).toBe('pending')
    image?.release()
    expect(await posted().released).toBe('released')
    expect(host.released).toHaveLength(1)
    expect(() => image?.bytes).toThrow(refusal('CLOSED'))
    expect(() => image?.release()).toThrow(refusal('INVALID_ARGUMENT'))
  })

  it('shares the way with what is posted over the channel', async () => {
    const { a, b, host, payload } = open()
    const seen: unknown[] = []
    const { receiver } = listening(b, host)
    receiver.addEventListener('sharedbufferreceived', (event) => seen.push(['event', event.additionalData]))
    b.on('image', (image) => seen.push(['message', image.additionalData]))
    const posts: PostedBuffer[] = []
    for (let i = 0; i < 10; i++) {
      if (i % 2 === 0) posts.push(postSharedBuffer(a, host.create(1), { additionalData: i }))
      else a.send('image', payload({ additionalData: i, onPosted: (made) => posts.push(made) }))
    }
    await Promise.all(posts.map(({ received }) => received))
    await until(() => seen.length === 10)
    expect(seen).toEqual(posts.map((_, i) => [i % 2 === 0 ? 'event' : 'message', i]))
  })

  it('goes by trySend, sendDirect and iteration, and as call and reply', async () => {
    const { a, b, host, payload } = open()
    b.handle('fill', (image) => {
      image.release()
      return filled(host, 4, 40)
    })
    const iterator = b[Symbol.asyncIterator]()
    expect(a.trySend('image', payload({ additionalData: 1 }))).toBe(true)
    await a.sendDirect('image', payload({ additionalData: 2 }))
    for (const expected of [1, 2]) {
      const { value } = await iterator.next()
      expect((value.data as ReceivedBuffer).additionalData).toBe(expected)
    }
    const reply = await a.request('fill', payload())
    expect([...reply.bytes]).toEqual([40, 41, 42, 43])
    reply.release()
  })
})

describe('a message that is not sent gives its hold back', () => {
  it('since there is no room for it now', async () => {
    const { a, payload, posted, host } = open()
    while (a.trySend('data', new Uint8Array(100)));
    const sent = payload()
    expect(a.trySend('image', sent)).toBe(false)
    await expect(posted().received).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    expect(await posted().released).toBe('declined')
    expect([...host.segments.values()].map(({ holds }) => holds)).toEqual([1])
  })

  it('since too much waits already', async () => {
    const { a, payload, posted, host } = open({ maxQueueBytes: 100 })
    while (a.send('data', new Uint8Array(1000)));
    expect(() => a.send('image', payload())).toThrow(refusal('QUEUE_FULL'))
    expect(await posted().released).toBe('declined')
    expect([...host.segments.values()].map(({ holds }) => holds)).toEqual([1])
  })

  it('since its data are too large', async () => {
    const { a, payload, posted, host } = open({ maxMessageBytes: 10_000 })
    const large = { additionalData: 'x'.repeat(10_000) }
    expect(() => a.send('image', payload(large))).toThrow(refusal('MESSAGE_TOO_LARGE'))
    expect(await posted().released).toBe('declined')
    expect(() => a.trySend('image', payload({ additionalData: 'x'.repeat(3000) }))).toThrow(
      refusal('MESSAGE_TOO_LARGE'),
    )
    expect(await posted().released).toBe('declined')
    await expect(a.sendDirect('image', payload(large))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    expect(await posted().released).toBe('declined')
    expect([...host.segments.values()].map(({ holds }) => holds)).toEqual([1, 1, 1])
  })

  it('since it was given up while it waited', async () => {
    const { a, payload, posted, host } = open()
    while (a.send('data', new Uint8Array(1000)));
    await expect(a.sendDirect('image', payload(), { timeout: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(await posted().released).toBe('declined')
    const stop = new AbortController()
    const asked = a.request('fill', payload(), { signal: stop.signal })
    expect(await stateOf(posted().released)).toBe('pending')
    stop.abort(new Error('mine'))
    await expect(asked).rejects.toThrow('mine')
    expect(await posted().released).toBe('declined')
    expect([...host.segments.values()].map(({ holds }) => holds)).toEqual([1, 1])
  })

  it('since onPosted throws', async () => {
    const { a, host } = open()
    const throwing = () => {
      throw new Error('mine')
    }
    expect(() => a.send('image', { buffer: host.create(1), onPosted: throwing })).toThrow('mine')
    expect([...host.segments.values()].map(({ holds }) => holds)).toEqual([1])
    expect(a.stats().sentMessages).toBe(0)
  })
})

describe('a message that nobody takes is declined', () => {
  it('since nobody listens to its type, or handles it', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const { a, b, payload, posted } = open()
    b.on('note', () => {})
    a.send('image', payload())
    await expect(posted().received).rejects.toMatchObject({ code: 'REMOTE_ERROR' })
    await expect(a.request('fill', payload())).rejects.toMatchObject({ code: 'REMOTE_ERROR' })
    await expect(posted().received).rejects.toMatchObject({ code: 'REMOTE_ERROR' })
    expect(await posted().released).toBe('declined')
  })

  it('since its caller has given up, whose answer it is', async () => {
    const { a, b, payload, posted, host } = open()
    const answers: (() => void)[] = []
    b.handle('fill', (image) => {
      image.release()
      return new Promise((resolve) => answers.push(() => resolve(payload())))
    })
    const stop = new AbortController()
    const asked = a.request('fill', host.create(1), { signal: stop.signal })
    const kept = a.request('fill', host.create(1))
    await until(() => answers.length === 2)
    stop.abort(new Error('mine'))
    await expect(asked).rejects.toThrow('mine')
    answers[0]?.()
    await until(() => posted() !== undefined)
    await expect(posted().received).rejects.toMatchObject({ code: 'REMOTE_ERROR' })
    answers[1]?.()
    expect([...(await kept).bytes]).toEqual([1, 2, 3])
  })

  it('since it cannot be opened, which the receiver hears of too', async () => {
    const { a, b, host, payload, posted } = open()
    const errors: unknown[] = []
    b.onError((error) => errors.push(error))
    b.on('image', () => {})
    const buffer = host.create(1)
    const size = 2
    a.send('image', payload({ buffer: { size, reference: (access) => buffer.reference(access) } }))
    await expect(posted().received).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(errors).toEqual([refusal('INVALID_ARGUMENT', 'The segment has 1 bytes')])
    expect(b.state).toBe('open')
  })

  it('since it is none', async () => {
    const host = new TableHost()
    const [linkA, linkB] = memoryLinks()
    const Plain = defineProtocol({ send: { image: { id: 2, codec: text() } } })
    const Images = defineProtocol({ receive: { image: { id: 2, codec: sharedBuffer({ host }) } } })
    const a = new SharedChannel(linkA, Plain, { closeTimeout: 50 })
    const b = new SharedChannel(linkB, Images, { closeTimeout: 50 })
    const errors: { code?: string }[] = []
    const texts = ['', 'x', 'released\n1', 'post\n1\nread-never\n1\nh\n', 'post\n1\nread-only\n1\nnone\n']
    b.onError((error) => errors.push(error as { code?: string }))
    b.on('image', () => {})
    for (const text of texts) a.send('image', text)
    await until(() => errors.length === texts.length)
    expect(errors.map(({ code }) => code)).toEqual([...Array(4).fill('CORRUPT'), 'PEER_LOST'])
    expect(b.stats().sentMessages).toBe(2) // two of them had an id to decline
    await Promise.all([a.close(), b.close()])
  })
})

describe('the codec', () => {
  it('refuses what is no buffer', () => {
    const { a, payload } = open()
    for (const wrong of [
      null,
      undefined,
      5,
      {},
      { buffer: null },
      new Uint8Array(1),
      payload({ access: 'x' as never }),
    ]) {
      expect(() => a.send('image', wrong as unknown as BufferPayload)).toThrow(refusal('INVALID_ARGUMENT'))
    }
  })

  it('sends no copies', async () => {
    const { a, payload, posted } = open()
    expect(() => a.send('image', payload({ buffer: copying(new Uint8Array(1)) }))).toThrow(
      refusal('NOT_SUPPORTED', 'post the buffer over a port'),
    )
    expect(posted()).toBeUndefined()
    expect(() => postSharedBuffer(a, copying(new Uint8Array(1)))).toThrow(refusal('NOT_SUPPORTED'))
  })

  it('belongs to a channel', () => {
    const codec = sharedBuffer()
    expect(() => codec.encode(new TableHost().create(1))).toThrow(refusal('INVALID_ARGUMENT', 'codec of a message'))
    expect(() => codec.decode(new Uint8Array(1))).toThrow(refusal('INVALID_ARGUMENT'))
  })
})

it('an open post, and a receiver with a listener, make the channel take messages and keep the event loop', async () => {
  const { a, b, linkA, linkB, host } = open()
  const buffer = host.create(1)
  const posted = postSharedBuffer(a, buffer)
  expect([linkA.holdsEventLoop, linkB.holdsEventLoop]).toEqual([true, false])
  const { receiver, next } = listening(b, host)
  expect(linkB.holdsEventLoop).toBe(true)
  receiver.releaseBuffer(await next())
  await posted.released
  expect(linkA.holdsEventLoop).toBe(false)
  receiver.close()
  expect(linkB.holdsEventLoop).toBe(false)
})

it('texts that a newer peer may send are ignored, and control records of nobody too', async () => {
  const { a, b } = open()
  const inside = Object.getOwnPropertySymbols(a).map((symbol) => Reflect.get(a, symbol))
  const { sender } = inside.find((value) => value?.sender !== undefined)
  const notes: unknown[] = []
  b.on('note', (note) => notes.push(note))
  sender.send(FLAG_CONTROL, new Uint8Array([1, 2, 3]), 0, 0)
  const { receiver } = listening(b, new TableHost())
  for (const text of ['', 'later\n1\nwhatever', 'post', '\n']) sender.send(FLAG_CONTROL, Buffer.from(text), 0, 0)
  a.send('note', 'behind')
  await until(() => notes.length === 1)
  await turns()
  expect([a.state, b.state, b.stats().unhandled]).toEqual(['open', 'open', 0])
  receiver.close()
})
