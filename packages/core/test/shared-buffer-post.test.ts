// Posting: each post's own hold on the memory, and what its promises tell.
import { describe, expect, it, vi } from 'vitest'
import { SharedChannelError } from '../src/errors.ts'
import { type PostOptions, postSharedBuffer } from '../src/posting.ts'
import type { BufferAccess, PostableBuffer } from '../src/segment-host.ts'
import { SharedBufferReceiver } from '../src/shared-buffer-receiver.ts'
import { connected, filled, listening, ports } from './helpers/buffers.ts'
import { copying, TableHost } from './helpers/table-host.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

describe('a post', () => {
  it('arrives with size, bytes, access, data and source', async () => {
    const { host, near, far, next } = connected()
    const buffer = filled(host, 5)
    postSharedBuffer(near, buffer, { access: 'read-write', additionalData: { frame: [1, null, { deep: 'é\n' }] } })
    const event = await next()
    expect(event.type).toBe('sharedbufferreceived')
    expect([event.size, event.access, event.source]).toEqual([5, 'read-write', far])
    expect([...event.bytes]).toEqual([1, 2, 3, 4, 5])
    expect(event.additionalData).toEqual({ frame: [1, null, { deep: 'é\n' }] })
    expect(event.additionalData).toBe(event.additionalData)
    expect(host.opened).toEqual([{ handle: buffer.handle, access: 'read-write', size: 5 }])
  })

  it.each<[string, PostOptions, unknown]>([
    ['nothing', {}, undefined],
    ['undefined', { additionalData: undefined }, undefined],
    ['null', { additionalData: null }, null],
    ['false', { additionalData: false }, false],
    ['an empty text', { additionalData: '' }, ''],
    ['a text with newlines', { additionalData: 'a\nb\n' }, 'a\nb\n'],
    ['what JSON leaves out', { additionalData: { a: undefined, b: () => 1, c: Number.NaN } }, { c: null }],
    ['a date', { additionalData: new Date(0) }, '1970-01-01T00:00:00.000Z'],
  ])('has as its data what JSON holds of %s', async (_, options, expected) => {
    const { host, near, next } = connected()
    postSharedBuffer(near, host.create(1), options)
    expect((await next()).additionalData).toEqual(expected)
  })

  it.each<[BufferAccess | undefined, BufferAccess]>([
    [undefined, 'read-only'],
    ['read-only', 'read-only'],
    ['read-only-strict', 'read-only-strict'],
    ['read-write', 'read-write'],
  ])('of access %s is opened %s', async (access, expected) => {
    const { host, near, next } = connected()
    postSharedBuffer(near, host.create(1), access === undefined ? {} : { access })
    expect((await next()).access).toBe(expected)
    expect(host.opened[0]?.access).toBe(expected)
  })

  it('holds the memory until the receiver does: create, post, close', async () => {
    const { host, near, next, receiver } = connected()
    for (let i = 0; i < 3; i++) {
      const buffer = filled(host, 3, i)
      const posted = postSharedBuffer(near, buffer)
      buffer.close()
      expect(host.segments.size).toBe(1)
      const event = await next()
      await posted.received
      expect(host.segments.get(buffer.handle)?.holds).toBe(1) // the receiver's
      expect([...event.bytes]).toEqual([i, i + 1, i + 2])
      receiver.releaseBuffer(event)
      expect(await posted.released).toBe('released')
      expect(host.segments.size).toBe(0)
    }
  })

  it('is received before it is looked at, and released when the receiver lets go, not before', async () => {
    const host = new TableHost()
    const [near, far] = ports()
    const receiver = new SharedBufferReceiver(far, host)
    const posted = postSharedBuffer(near, host.create(1))
    expect(await stateOf(posted.received)).toBe('pending')
    await posted.received
    expect(await stateOf(posted.released)).toBe('pending')
    receiver.close()
  })

  it('of one buffer many times is one view each, separately released', async () => {
    const { host, near, next, receiver } = connected()
    const buffer = filled(host, 3)
    const posted = [0, 1, 2].map((i) => postSharedBuffer(near, buffer, { additionalData: i }))
    buffer.close()
    const events = [await next(), await next(), await next()]
    expect(events.map((event) => event.additionalData)).toEqual([0, 1, 2])
    const buffers = events.map((event) => event.getBuffer())
    expect(new Set(buffers).size).toBe(3)
    await Promise.all(posted.map(({ received }) => received))
    expect(host.segments.get(buffer.handle)?.holds).toBe(3)
    for (const i of [1, 0, 2]) {
      receiver.releaseBuffer(buffers[i] as ArrayBuffer)
      expect(await posted[i]?.released).toBe('released')
      expect(buffers.map(({ byteLength }) => byteLength === 0)[i]).toBe(true)
    }
    expect(host.segments.size).toBe(0)
  })

  it('ten thousand times leaves nothing behind', async () => {
    const { host, near, far, receiver, events } = connected()
    const buffer = host.create(8)
    const listeners = near.listenerCount('message')
    const released: Promise<unknown>[] = []
    for (let i = 0; i < 10_000; i++) {
      released.push(postSharedBuffer(near, buffer).released)
      if (i % 100 !== 0) continue
      await until(() => events.length > 0)
      for (const event of events.splice(0)) receiver.releaseBuffer(i % 200 === 0 ? event : event.getBuffer())
    }
    while (host.released.length < 10_000) {
      await turns(1)
      for (const event of events.splice(0)) receiver.releaseBuffer(event)
    }
    await Promise.all(released)
    expect(host.segments.get(buffer.handle)?.holds).toBe(1) // the buffer's own
    // The poster listens while any post is open.
    expect(near.listenerCount('message')).toBe(listeners)
    receiver.close()
    expect(far.listenerCount('message')).toBe(0)
    expect(host.released).toHaveLength(10_000) // and close found none to release
  })
})

describe('a bad argument is INVALID_ARGUMENT, and nothing is posted', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a BigInt', 1n],
    ['a BigInt inside', { deep: [1n] }],
    ['a cycle', cycle],
    [
      'what throws',
      {
        toJSON() {
          throw new Error('mine')
        },
      },
    ],
  ])('additionalData: %s', (_, additionalData) => {
    const { host, near } = connected()
    const buffer = host.create(1)
    expect(() => postSharedBuffer(near, buffer, { additionalData })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('additionalData') }),
    )
    expect(host.segments.get(buffer.handle)?.holds).toBe(1)
    expect(near.listenerCount('message')).toBe(0)
  })

  it.each(['', 'write', 'READ-ONLY', null, 1, {}, Symbol('x')])('access: %s', (access) => {
    const { host, near } = connected()
    const options = { access } as unknown as PostOptions
    expect(() => postSharedBuffer(near, host.create(1), options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining("'read-write'") }),
    )
  })

  it.each([undefined, null, 5, {}, new ArrayBuffer(1), new Uint8Array(1)])('buffer: %s', (buffer) => {
    const { near } = connected()
    expect(() => postSharedBuffer(near, buffer as unknown as PostableBuffer)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('createSharedBuffer') }),
    )
  })

  it('target', () => {
    expect(() => postSharedBuffer({}, new TableHost().create(1))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })
})

it('a closed buffer is CLOSED', () => {
  const { host, near } = connected()
  const buffer = host.create(1)
  buffer.close()
  expect(() => postSharedBuffer(near, buffer)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  expect(near.listenerCount('message')).toBe(0)
})

it('a carrier that refuses leaves no hold behind, and no listener', async () => {
  const host = new TableHost()
  const buffer = host.create(1)
  const stop = vi.fn()
  const carrier = {
    post: () => {
      throw new SharedChannelError('MESSAGE_TOO_LARGE', 'Too large.')
    },
    listen: () => stop,
  }
  expect(() => postSharedBuffer(carrier, buffer)).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
  expect(host.segments.get(buffer.handle)?.holds).toBe(1)
  expect(stop).toHaveBeenCalledOnce()
})

describe('a receiver that declines', () => {
  it('tells why', async () => {
    const { host, near } = connected()
    const buffer = host.create(4)
    const forged: PostableBuffer = {
      size: 4,
      reference: (access) => ({ ...buffer.reference(access), handle: 'none' }),
    }
    const posted = postSharedBuffer(near, forged)
    await expect(posted.received).rejects.toMatchObject({
      name: 'SharedChannelError',
      code: 'PEER_LOST',
      message: expect.stringContaining('There is no segment none'),
    })
    expect(await posted.released).toBe('declined')
    const tooLarge = postSharedBuffer(near, { ...buffer, size: 5, reference: (access) => buffer.reference(access) })
    await expect(tooLarge.received).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(near.listenerCount('message')).toBe(0)
  })

  it('for a reason of its own, is a remote error', async () => {
    const { host, near } = connected()
    vi.spyOn(host, 'open').mockImplementation(() => {
      throw new TypeError('out of luck')
    })
    const posted = postSharedBuffer(near, host.create(1))
    await expect(posted.received).rejects.toMatchObject({
      code: 'REMOTE_ERROR',
      message: expect.stringContaining('out of luck'),
    })
  })

  it('since it has no host says what to do', async () => {
    const [near, far] = ports()
    listening(far)
    const host = new TableHost()
    const buffer = host.create(1)
    const posted = postSharedBuffer(near, buffer)
    await expect(posted.received).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('toWorker'),
    })
    expect(host.segments.get(buffer.handle)?.holds).toBe(1)
  })

  it('after it has received, as when it closes before anybody looks, has let go', async () => {
    const host = new TableHost()
    const [near, far] = ports()
    const receiver = new SharedBufferReceiver(far, host)
    const buffer = host.create(1)
    const posted = postSharedBuffer(near, buffer)
    await posted.received
    receiver.close()
    expect(await posted.released).toBe('declined')
    expect(host.segments.get(buffer.handle)?.holds).toBe(1)
  })

  it('and nobody asks, is no unhandled rejection', async () => {
    const [near, far] = ports()
    const { receiver } = listening(far)
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    postSharedBuffer(near, new TableHost().create(1))
    const other = postSharedBuffer(near, new TableHost().create(1))
    await other.released
    receiver.close()
    await turns()
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })
})

describe('the process of the receiver', () => {
  const identity = { pid: 4711, startTime: '18446744073709551615' }

  it('is watched from received to released', async () => {
    const host = new TableHost()
    host.process = identity
    const { near, far, next, receiver } = connected(host)
    let id: string | undefined
    far.on('message', ({ sharedChannel }) => {
      id = sharedChannel.split('\n')[1]
    })
    const buffer = host.create(1)
    const posted = postSharedBuffer(near, buffer)
    expect(buffer.watched.size).toBe(0)
    const event = await next()
    await posted.received
    far.postMessage({ sharedChannel: `received\n${id}\n4712\n1` }) // too late to be another
    await turns()
    expect([...buffer.watched.keys()]).toEqual(['4711 18446744073709551615'])
    receiver.releaseBuffer(event)
    await posted.released
    expect(buffer.watched.size).toBe(0)
  })

  it('settles the post when it ends', async () => {
    const host = new TableHost()
    host.process = identity
    const { near, next } = connected(host)
    const buffer = host.create(1)
    const posted = postSharedBuffer(near, buffer)
    await next()
    await posted.received
    buffer.watched.get('4711 18446744073709551615')?.()
    expect(await posted.released).toBe('ended')
    expect(near.listenerCount('message')).toBe(0)
  })
})

describe('bytes that are copied', () => {
  it('go in both directions over one port, among two posters and two receivers', async () => {
    const [one, other] = ports()
    const ends = [listening(one), listening(other)]
    const posted = [0, 1, 2, 3, 4, 5].map((i) =>
      postSharedBuffer(i % 2 === 0 ? one : other, copying(new Uint8Array([i, i, i])), { additionalData: i }),
    )
    await Promise.all(posted.map(({ received }) => received))
    await until(() => ends.every(({ events }) => events.length === 3))
    expect(ends.map(({ events }) => events.map(({ additionalData }) => additionalData))).toEqual([
      [1, 3, 5],
      [0, 2, 4],
    ])
    for (const { events, receiver } of ends) {
      for (const event of events) {
        expect([...event.bytes]).toEqual(Array(3).fill(event.additionalData))
        receiver.releaseBuffer(event)
      }
    }
    expect(await Promise.all(posted.map(({ released }) => released))).toEqual(Array(6).fill('released'))
    for (const port of [one, other]) expect(port.listenerCount('message')).toBe(1) // the receiver's
  })
})
