// Receiving: events, what they give, and letting go.
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { postText } from '../src/buffer-messages.ts'
import type { Carrier, CarrierListener } from '../src/carrier.ts'
import { postSharedBuffer } from '../src/posting.ts'
import type { BufferKind } from '../src/segment-host.ts'
import { type SharedBufferReceivedEvent, SharedBufferReceiver } from '../src/shared-buffer-receiver.ts'
import { connected, filled, listening, ports } from './helpers/buffers.ts'
import { copying, TableHost } from './helpers/table-host.ts'
import { turns } from './helpers/wait.ts'

const refusal = (code: string, text = '') => expect.objectContaining({ code, message: expect.stringContaining(text) })

describe('events', () => {
  it('are kept until the first listener, then come in order, and soon, the new ones behind', async () => {
    const host = new TableHost()
    const [near, far] = ports()
    const receiver = new SharedBufferReceiver(far, host)
    const posts = [0, 1, 2].map((i) => postSharedBuffer(near, host.create(1), { additionalData: i }))
    await Promise.all(posts.map(({ received }) => received))
    receiver.addEventListener('something else', () => {})
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    receiver.addEventListener('sharedbufferreceived', null)
    expect(warned).toHaveBeenCalled() // by Node: it is no listener
    await turns()
    const seen: unknown[] = []
    receiver.addEventListener('sharedbufferreceived', (event) => seen.push(event.additionalData))
    expect(seen).toEqual([]) // whoever adds a listener is not in the middle of its events
    const second = vi.fn()
    receiver.addEventListener('sharedbufferreceived', second)
    await Promise.resolve()
    expect(seen).toEqual([0, 1, 2])
    expect(second).toHaveBeenCalledTimes(3)
    await postSharedBuffer(near, host.create(1), { additionalData: 3 }).received
    expect(seen).toEqual([0, 1, 2, 3])
    receiver.close()
  })

  it('go to listeners of every form, and to none that was taken away', async () => {
    const { host, near, receiver } = connected()
    const handler = { handleEvent: vi.fn() }
    const once = vi.fn()
    const gone = vi.fn()
    receiver.addEventListener('sharedbufferreceived', handler)
    receiver.addEventListener('sharedbufferreceived', once, { once: true })
    receiver.addEventListener('sharedbufferreceived', gone)
    receiver.removeEventListener('sharedbufferreceived', gone)
    for (let i = 0; i < 2; i++) await postSharedBuffer(near, host.create(1)).received
    expect(handler.handleEvent).toHaveBeenCalledTimes(2)
    expect(once).toHaveBeenCalledOnce()
    expect(gone).not.toHaveBeenCalled()
  })

  it('of a receiver that is closed by a listener stop there; the others are declined', async () => {
    const host = new TableHost()
    const [near, far] = ports()
    const receiver = new SharedBufferReceiver(far, host)
    const posts = [0, 1, 2].map((i) => postSharedBuffer(near, host.create(1), { additionalData: i }))
    await Promise.all(posts.map(({ received }) => received))
    const seen: unknown[] = []
    receiver.addEventListener('sharedbufferreceived', (event) => {
      seen.push(event.additionalData)
      if (event.additionalData === 1) receiver.close()
    })
    expect(await Promise.all(posts.map(({ released }) => released))).toEqual(['released', 'released', 'declined'])
    expect(seen).toEqual([0, 1])
  })
})

describe('getBuffer', () => {
  it.each<BufferKind | undefined>([undefined, 'fixed', 'transferable', 'shared'])(
    'gives the same buffer each time: %s',
    async (kind) => {
      const { host, near, next } = connected()
      postSharedBuffer(near, filled(host, 3))
      const event = await next()
      const buffer = event.getBuffer(kind && { kind })
      expect(buffer instanceof SharedArrayBuffer).toBe(kind === 'shared')
      expect(event.getBuffer()).toBe(buffer)
      expect(event.received.getBuffer({ kind: kind ?? 'fixed' })).toBe(buffer)
      expect(event.bytes.buffer).toBe(buffer)
      expect([...event.bytes]).toEqual([1, 2, 3]) // though the buffer may be larger
      for (const other of ['fixed', 'transferable', 'shared'] as const) {
        if (other === (kind ?? 'fixed')) continue
        expect(() => event.getBuffer({ kind: other })).toThrow(
          refusal('INVALID_ARGUMENT', `'${kind ?? 'fixed'}' already`),
        )
      }
    },
  )

  it.each(['', 'resizable', 'toString', null, 1])('of no kind is INVALID_ARGUMENT: %s', async (kind) => {
    const { host, near, next } = connected()
    postSharedBuffer(near, host.create(1))
    const event = await next()
    expect(() => event.getBuffer({ kind } as unknown as { kind: BufferKind })).toThrow(
      refusal('INVALID_ARGUMENT', 'kind'),
    )
  })

  it('may be tried with another kind when one is not to be had', async () => {
    const { host, near, next } = connected()
    const { open } = host
    vi.spyOn(host, 'open').mockImplementation((...args) => {
      const segment = open.apply(host, args)
      const map = (kind: BufferKind) => {
        if (kind === 'fixed') throw Object.assign(new Error('No room.'), { code: 'OUT_OF_MEMORY' })
        return segment.map(kind)
      }
      return { ...segment, map }
    })
    postSharedBuffer(near, filled(host, 2))
    const event = await next()
    expect(() => event.bytes).toThrow(refusal('OUT_OF_MEMORY'))
    event.getBuffer({ kind: 'shared' })
    expect([...event.bytes]).toEqual([1, 2])
  })
})

describe('memory that comes shared with a post', () => {
  it('is handed out as it is, to be let go of by whoever has mapped it', async () => {
    const memory = new SharedArrayBuffer(8)
    new Uint8Array(memory).fill(7)
    const posted: string[] = []
    let deliver: CarrierListener['message'] | undefined
    const carrier: Carrier = {
      post: ({ sharedChannel }) => posted.push(sharedChannel),
      listen: ({ message }) => {
        deliver = message
        return () => {}
      },
    }
    const receiver = new SharedBufferReceiver(carrier)
    const received = new Promise<SharedBufferReceivedEvent>((resolve) =>
      receiver.addEventListener('sharedbufferreceived', resolve),
    )
    const sharedChannel = postText({ id: 5, access: 'read-write', size: 6, handle: '', additionalData: '' })
    deliver?.({ sharedChannel, buffer: memory as unknown as ArrayBuffer })
    const event = await received
    expect(() => event.getBuffer({ kind: 'transferable' })).toThrow(refusal('NOT_SUPPORTED', 'as it is'))
    expect(event.getBuffer()).toBe(memory)
    expect([...event.bytes]).toEqual([7, 7, 7, 7, 7, 7])
    receiver.releaseBuffer(event)
    expect(posted.at(-1)).toBe('released\n5')
    expect([...new Uint8Array(memory)]).toEqual(Array(8).fill(7))
  })
})

describe('releaseBuffer', () => {
  it.each<[string, (event: SharedBufferReceivedEvent) => ArrayBufferLike | SharedBufferReceivedEvent]>([
    ['the buffer', (event) => event.getBuffer()],
    ['the buffer beneath the bytes', (event) => event.bytes.buffer],
    ['a shared buffer', (event) => event.getBuffer({ kind: 'shared' })],
    ['the event', (event) => event],
    ['the event after its buffer was taken', (event) => event.getBuffer() && event],
  ])('lets go by %s, once', async (_, choose) => {
    const { host, near, next, receiver } = connected()
    const buffer = host.create(3)
    const posted = postSharedBuffer(near, buffer)
    const event = await next()
    const chosen = choose(event)
    receiver.releaseBuffer(chosen)
    expect(await posted.released).toBe('released')
    expect(host.segments.get(buffer.handle)?.holds).toBe(1)
    expect(host.released).toHaveLength(1)
    expect(() => receiver.releaseBuffer(chosen)).toThrow(refusal('INVALID_ARGUMENT', 'released before'))
    expect(() => receiver.releaseBuffer(event)).toThrow(refusal('INVALID_ARGUMENT', 'released before'))
    expect(() => event.received.release()).toThrow(refusal('INVALID_ARGUMENT', 'released before'))
    expect(() => event.getBuffer()).toThrow(refusal('CLOSED', 'released before'))
    expect(() => event.bytes).toThrow(refusal('CLOSED'))
    expect(event.size).toBe(3)
  })

  it('detaches: its length is 0, and new views throw', async () => {
    const { host, near, next, receiver } = connected()
    postSharedBuffer(near, filled(host, 3))
    const event = await next()
    const { bytes } = event
    receiver.releaseBuffer(bytes.buffer)
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0])
    expect(() => new Uint8Array(bytes.buffer)).toThrow(TypeError)
  })

  it('refuses what this receiver has not received', async () => {
    const mine = connected()
    const other = connected()
    postSharedBuffer(other.near, other.host.create(1))
    const event = await other.next()
    const strange = [
      new ArrayBuffer(1),
      new Uint8Array(1),
      null,
      undefined,
      1,
      {},
      event,
      event.getBuffer(),
      event.bytes,
    ]
    for (const buffer of strange) {
      expect(() => mine.receiver.releaseBuffer(buffer as ArrayBuffer)).toThrow(
        refusal('INVALID_ARGUMENT', 'an event of this'),
      )
    }
    other.receiver.releaseBuffer(event)
  })
})

describe('close', () => {
  it('releases what was received, declines what was not seen, stops listening', async () => {
    const { host, near, far, receiver, next } = connected()
    const posts = [0, 1].map(() => postSharedBuffer(near, filled(host, 2)))
    const held = (await next()).getBuffer()
    const event = await next()
    receiver.close()
    receiver.close()
    expect(await Promise.all(posts.map(({ released }) => released))).toEqual(['released', 'released'])
    expect(held.byteLength).toBe(0)
    expect(() => event.getBuffer()).toThrow(refusal('CLOSED', 'The receiver was closed'))
    expect(() => receiver.releaseBuffer(held)).toThrow(refusal('INVALID_ARGUMENT'))
    expect(far.listenerCount('message')).toBe(0)
  })

  it('lets another receiver take its place, which one at a time may have', async () => {
    const { host, near, far, receiver } = connected()
    expect(() => new SharedBufferReceiver(far)).toThrow(refusal('INVALID_ARGUMENT', 'a SharedBufferReceiver already'))
    receiver.close()
    const { next } = listening(far, host)
    postSharedBuffer(near, host.create(1), { additionalData: 'to the second' })
    expect((await next()).additionalData).toBe('to the second')
  })

  it('leaves a new receiver alone when it is called once more', async () => {
    const { host, near, far, receiver } = connected()
    receiver.close()
    const second = listening(far, host)
    receiver.close()
    expect(() => new SharedBufferReceiver(far)).toThrow(refusal('INVALID_ARGUMENT'))
    postSharedBuffer(near, host.create(1))
    await second.next()
  })

  it('ends a receiver that had no listener: adding one later does nothing', async () => {
    const [, far] = ports()
    const receiver = new SharedBufferReceiver(far)
    receiver.close()
    receiver.addEventListener('sharedbufferreceived', () => {})
    await turns(1)
    expect(far.listenerCount('message')).toBe(0)
  })
})

it('a target that carries nothing is refused', () => {
  expect(() => new SharedBufferReceiver({})).toThrow(refusal('INVALID_ARGUMENT'))
})

describe('copies', () => {
  const bytes = new Uint8Array([1, 2, 3, 4])

  it.each<BufferKind>(['fixed', 'transferable', 'shared'])('may be had %s, and are let go of', async (kind) => {
    const [near, far] = ports()
    const { next, receiver } = listening(far)
    const posted = postSharedBuffer(near, copying(bytes))
    const event = await next()
    const buffer = event.getBuffer({ kind })
    expect(new Uint8Array(buffer)).toEqual(bytes)
    receiver.releaseBuffer(buffer)
    expect(await posted.released).toBe('released')
    if (kind === 'shared') expect(new Uint8Array(buffer)).toEqual(new Uint8Array(4))
    else expect(buffer.byteLength).toBe(0)
  })

  it('need no host, and use none', async () => {
    const { host, near, next, receiver } = connected()
    postSharedBuffer(near, copying(bytes))
    const event = await next()
    expect(event.bytes).toEqual(bytes)
    receiver.releaseBuffer(event)
    expect(host.opened).toEqual([])
  })

  it('are not shared in a page without SharedArrayBuffer; another kind may be had', async () => {
    const [near, far] = ports()
    const { next } = listening(far)
    postSharedBuffer(near, copying(bytes))
    const event = await next()
    vi.stubGlobal('SharedArrayBuffer', undefined)
    expect(() => event.getBuffer({ kind: 'shared' })).toThrow(refusal('NOT_SUPPORTED', 'COOP'))
    expect(event.bytes).toEqual(bytes)
  })

  it('of another realm are copies too', async () => {
    const [near, far] = ports()
    const { next, receiver } = listening(far)
    const foreign = runInNewContext('new Uint8Array([1, 2, 3, 4]).buffer') as ArrayBuffer
    const posted = postSharedBuffer(near, { size: 4, reference: () => ({ copy: foreign }) })
    const event = await next()
    expect(event.bytes).toEqual(bytes)
    receiver.releaseBuffer(event)
    await posted.released
  })

  it('that were moved away by the user are released all the same', async () => {
    const [near, far] = ports()
    const { next, receiver } = listening(far)
    const posted = postSharedBuffer(near, copying(bytes))
    const event = await next()
    structuredClone(null, { transfer: [event.getBuffer() as ArrayBuffer] })
    receiver.releaseBuffer(event)
    expect(await posted.released).toBe('released')
  })

  it('with fewer bytes than they say are declined', async () => {
    const [near, far] = ports()
    const { events } = listening(far)
    const posted = postSharedBuffer(near, { size: 5, reference: () => ({ copy: new ArrayBuffer(4) }) })
    await expect(posted.received).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(events).toEqual([])
  })
})
