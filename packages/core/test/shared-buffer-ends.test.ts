// The carrier ends, in each state of a post: real ports, workers and processes.
import { describe, expect, it } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { SharedChannelError } from '../src/errors.ts'
import { postSharedBuffer } from '../src/posting.ts'
import { SharedBufferReceiver } from '../src/shared-buffer-receiver.ts'
import { connected, filled, listening, ports } from './helpers/buffers.ts'
import { fillRing, openPair, Talk } from './helpers/channel-pair.ts'
import { forkProgram, once, startWorker } from './helpers/programs.ts'
import { copying, TableHost } from './helpers/table-host.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

const bytes = new Uint8Array([1, 2, 3])

describe('the port is closed', () => {
  it.each(['by the poster', 'by the receiver'])('before the buffer was received, %s', async (by) => {
    const host = new TableHost()
    const [near, far] = ports()
    const buffer = host.create(1)
    const posted = postSharedBuffer(near, buffer)
    buffer.close()
    const end = by === 'by the poster' ? near : far
    end.close()
    await expect(posted.received).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await posted.released).toBe('ended')
    expect(host.segments.size).toBe(0)
    expect(() => postSharedBuffer(near, host.create(1))).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  it('after it was received: the receiver has it still, and lets go in peace', async () => {
    const { host, near, next, receiver } = connected()
    const buffer = filled(host, 3)
    const posted = postSharedBuffer(near, buffer)
    buffer.close()
    await posted.received
    near.close()
    expect(await posted.released).toBe('ended')
    const event = await next()
    expect([...event.bytes]).toEqual([1, 2, 3])
    receiver.releaseBuffer(event)
    expect(host.segments.size).toBe(0)
  })

  it('before anybody listens: what was received is kept', async () => {
    const host = new TableHost()
    const [near, far] = ports()
    const receiver = new SharedBufferReceiver(far, host)
    await postSharedBuffer(near, filled(host, 2)).received
    near.close()
    await turns()
    const event = await new Promise<{ bytes: Uint8Array }>((resolve) =>
      receiver.addEventListener('sharedbufferreceived', resolve),
    )
    expect([...event.bytes]).toEqual([1, 2])
    receiver.close()
  })
})

describe('the channel', () => {
  it('is closed before the buffer was received', async () => {
    const { a, b } = openPair()
    const host = new TableHost()
    const buffer = host.create(1)
    const posted = postSharedBuffer(a, buffer)
    await Promise.all([a.close(), b.close()])
    await expect(posted.received).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await posted.released).toBe('ended')
    expect(host.segments.get(buffer.handle)?.holds).toBe(1)
  })

  it('loses its other side', async () => {
    const { a, linkA } = openPair()
    const posted = postSharedBuffer(a, new TableHost().create(1))
    linkA.end(new SharedChannelError('PEER_LOST', 'It crashed.'))
    await expect(posted.received).rejects.toMatchObject({
      code: 'PEER_LOST',
      message: expect.stringContaining('crashed'),
    })
  })

  it('is closed after it was received', async () => {
    const { a, b } = openPair()
    const host = new TableHost()
    const { next, receiver } = listening(b, host)
    const posted = postSharedBuffer(a, filled(host, 2))
    const event = await next()
    await posted.received
    await Promise.all([a.close(), b.close()])
    expect(await posted.released).toBe('ended')
    expect([...event.bytes]).toEqual([1, 2])
    receiver.releaseBuffer(event)
  })

  it('closes in order: what was posted before is received, and what was released is told', async () => {
    const { a, b } = openPair({ closeTimeout: 10_000 })
    const host = new TableHost()
    const { receiver } = listening(b, host)
    receiver.addEventListener('sharedbufferreceived', (event) => receiver.releaseBuffer(event))
    const posts = Array.from({ length: 50 }, () => postSharedBuffer(a, host.create(1)))
    await a.close()
    expect(await Promise.all(posts.map(({ released }) => released))).toEqual(Array(50).fill('released'))
  })
})

describe('the other side of a channel is replaced, as by the restart of a plugin', () => {
  const crash = new SharedChannelError('PEER_LOST', 'It crashed.')

  it('what the old one had, and what was on its way, has ended; the next post reaches the new one', async () => {
    const { a, b, linkA } = openPair()
    const host = new TableHost()
    const { next } = listening(b, host)
    const held = postSharedBuffer(a, host.create(1))
    await next()
    await held.received
    const buffer = host.create(1)
    const underWay = postSharedBuffer(a, buffer)
    linkA.interrupt(crash)
    const other = new SharedChannel(linkA.resume().link, Talk, { closeTimeout: 50 })
    await expect(underWay.received).rejects.toMatchObject({ code: 'PEER_LOST' })
    expect(await Promise.all([held.released, underWay.released])).toEqual(['ended', 'ended'])
    expect(host.segments.get(buffer.handle)?.holds).toBe(1)
    const second = listening(other, host)
    const again = postSharedBuffer(a, buffer)
    second.receiver.releaseBuffer(await second.next())
    expect(await again.released).toBe('released')
    await Promise.all([a.close(), b.close(), other.close()])
  })

  it('what waited here reaches the new one; what was lost is known by the first answer behind it', async () => {
    const { a, b, linkA } = openPair()
    const host = new TableHost()
    const lost = [0, 1].map((i) => postSharedBuffer(a, host.create(1), { additionalData: i }))
    fillRing(a)
    while (a.send('data', new Uint8Array(1000)));
    const waiting = [2, 3].map((i) => postSharedBuffer(a, host.create(1), { additionalData: i }))
    linkA.interrupt(crash)
    const other = new SharedChannel(linkA.resume().link, Talk, { closeTimeout: 50 })
    expect(await stateOf(lost[0]?.received as Promise<void>)).toBe('pending')
    const { next } = listening(other, host)
    other.on('data', () => {})
    expect([(await next()).additionalData, (await next()).additionalData]).toEqual([2, 3])
    await Promise.all(waiting.map(({ received }) => received))
    for (const { received, released } of lost) {
      await expect(received).rejects.toMatchObject({ code: 'PEER_LOST' })
      expect(await released).toBe('ended')
    }
    expect([...host.segments.values()].map(({ holds }) => holds)).toEqual([1, 1, 2, 2])
    await Promise.all([a.close(), b.close(), other.close()])
  })
})

describe('a worker', () => {
  it('receives and releases', async () => {
    const worker = await startWorker('buffer-peer', { workerData: 'release' })
    const told: unknown[] = []
    worker.on('message', (message) => told.push(message))
    const posted = postSharedBuffer(worker, copying(bytes), { additionalData: { a: 1 } })
    expect(await posted.released).toBe('released')
    expect(told).toContainEqual({ sum: 6, data: { a: 1 } })
  })

  it('that ends before it has received', async () => {
    const worker = await startWorker('buffer-peer', { workerData: 'deaf' })
    await once(worker, 'message')
    const posted = postSharedBuffer(worker, copying(bytes))
    await worker.terminate()
    await expect(posted.received).rejects.toMatchObject({ code: 'PEER_LOST' })
    expect(await posted.released).toBe('ended')
  })

  it('that ends while it holds it', async () => {
    const worker = await startWorker('buffer-peer', { workerData: 'hold' })
    const posted = postSharedBuffer(worker, copying(bytes))
    await posted.received
    await worker.terminate()
    expect(await posted.released).toBe('ended')
  })

  it('posts to who made it, and then ends by itself', async () => {
    const worker = await startWorker('buffer-peer', { workerData: 'post' })
    const { next, receiver } = listening(worker)
    const told: unknown[] = []
    worker.on('message', (message) => told.push(message))
    const event = await next()
    expect([[...event.bytes], event.additionalData]).toEqual([[1, 2, 3], 'from there'])
    await until(() => told.includes('received'))
    const ended = once(worker, 'exit')
    receiver.releaseBuffer(event)
    expect(await ended).toBe(0)
    expect(told.at(-1)).toBe('released')
  })
})

describe('a process', () => {
  const advanced = { serialization: 'advanced' } as const

  it('receives and releases, and ends when nothing keeps it', async () => {
    const child = await forkProgram('buffer-peer', ['release'], advanced)
    const told: unknown[] = []
    child.on('message', (message) => told.push(message))
    const posted = postSharedBuffer(child, copying(bytes), { additionalData: 'to there' })
    expect(await posted.released).toBe('released')
    expect(told).toContainEqual({ sum: 6, data: 'to there' })
    child.disconnect()
    expect(await once(child, 'exit')).toBe(0)
  })

  it('forked for JSON gets no bytes, and says how to fork it', async () => {
    const child = await forkProgram('buffer-peer', ['release'])
    const posted = postSharedBuffer(child, copying(bytes))
    await expect(posted.received).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining("serialization: 'advanced'"),
    })
    expect(await posted.released).toBe('declined')
  })

  it('that is killed before it has received', async () => {
    const child = await forkProgram('buffer-peer', ['deaf'], advanced)
    await once(child, 'message')
    const posted = postSharedBuffer(child, copying(bytes))
    child.kill('SIGKILL')
    await expect(posted.received).rejects.toMatchObject({ code: 'PEER_LOST' })
    expect(await posted.released).toBe('ended')
  })

  it('that is killed while it holds it', async () => {
    const child = await forkProgram('buffer-peer', ['hold'], advanced)
    const posted = postSharedBuffer(child, copying(bytes))
    await posted.received
    child.kill('SIGKILL')
    expect(await posted.released).toBe('ended')
  })

  it('that ends in the middle of receiving', async () => {
    const child = await forkProgram('buffer-peer', ['hold and end'], advanced)
    const posted = postSharedBuffer(child, copying(bytes))
    expect(await posted.released).toBe('ended')
  })

  it('posts to its parent, and then ends by itself', async () => {
    const child = await forkProgram('buffer-peer', ['post'], advanced)
    const { next, receiver } = listening(child)
    const told: unknown[] = []
    child.on('message', (message) => told.push(message))
    const event = await next()
    expect([[...event.bytes], event.additionalData]).toEqual([[1, 2, 3], 'from there'])
    await until(() => told.includes('received'))
    const ended = once(child, 'exit')
    receiver.releaseBuffer(event)
    expect(await ended).toBe(0)
    expect(told.at(-1)).toBe('released')
  })
})
