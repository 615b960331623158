// Moving a received buffer on to a worker: a real one, with a receiver of its own.
import type { Worker } from 'node:worker_threads'
import { describe, expect, it, vi } from 'vitest'
import { postSharedBuffer } from '../src/posting.ts'
import type { BufferKind } from '../src/segment-host.ts'
import { toWorker } from '../src/shared-buffer-receiver.ts'
import { connected, filled, listening, ports } from './helpers/buffers.ts'
import { forkProgram, startWorker } from './helpers/programs.ts'
import { copying } from './helpers/table-host.ts'
import { stateOf, turns } from './helpers/wait.ts'

const refusal = (code: string, text = '') => expect.objectContaining({ code, message: expect.stringContaining(text) })

/** The first message that is the worker's own. */
const toldBy = (worker: Worker) =>
  new Promise<unknown>((resolve) => {
    worker.on('message', (message) => 'sharedChannel' in message || resolve(message))
  })

/** A received buffer of the bytes 1, 2, 3, and who posted it. */
async function received() {
  const all = connected()
  const posted = postSharedBuffer(all.near, filled(all.host, 3), { access: 'read-write', additionalData: { n: 1 } })
  return { ...all, posted, event: await all.next() }
}

it('fires the same event there; what is released there is released here, towards the poster', async () => {
  const worker = await startWorker('buffer-worker', { workerData: 'release' })
  const told = toldBy(worker)
  const { event, posted, host, receiver } = await received()
  const mapped = event.getBuffer({ kind: 'transferable' })
  const moved = toWorker(event, worker)
  expect(mapped.byteLength).toBe(0)
  await moved.received
  expect(await told).toEqual({ bytes: [1, 2, 3], access: 'read-write', data: { n: 1 }, left: 0 })
  expect(await moved.released).toBe('released')
  expect(await posted.released).toBe('released')
  expect(host.released).toEqual([undefined]) // the worker had the memory
  expect(() => receiver.releaseBuffer(event)).toThrow(refusal('INVALID_ARGUMENT', 'moved to a worker'))
})

it('is held as long as the worker does, whatever happens here, and to its end', async () => {
  const worker = await startWorker('buffer-worker', { workerData: 'hold' })
  const { event, posted, host, receiver } = await received()
  const moved = event.received.toWorker(worker)
  await moved.received
  expect(() => event.getBuffer()).toThrow(refusal('CLOSED', 'moved to a worker'))
  receiver.close()
  await turns()
  expect(await stateOf(posted.released)).toBe('pending')
  expect(host.released).toEqual([])
  await worker.terminate()
  expect(await moved.released).toBe('ended')
  expect(await posted.released).toBe('released')
  expect(host.released).toEqual([undefined])
})

it('goes through a port to a worker too, and on from there', async () => {
  const { event, posted } = await received()
  const [near, far] = ports()
  const second = listening(far)
  toWorker(event, near)
  const again = await second.next()
  again.getBuffer({ kind: 'transferable' })
  expect([[...again.bytes], again.additionalData]).toEqual([[1, 2, 3], { n: 1 }])
  const [nearer, farther] = ports()
  const third = listening(farther)
  toWorker(again, nearer)
  const last = await third.next()
  expect([...last.bytes]).toEqual([1, 2, 3])
  third.receiver.releaseBuffer(last)
  expect(await posted.released).toBe('released')
})

describe('is refused, and the buffer stays', () => {
  it('where the engine has no buffers that can be moved', async () => {
    const { host, near, next } = connected()
    const { open } = host
    vi.spyOn(host, 'open').mockImplementation((...args) => {
      const segment = open.apply(host, args)
      const map = (kind: BufferKind) => {
        if (kind === 'transferable') throw Object.assign(new Error('No resizable buffers.'), { code: 'NOT_SUPPORTED' })
        return segment.map(kind)
      }
      return { ...segment, map }
    })
    postSharedBuffer(near, filled(host, 2))
    const event = await next()
    expect(() => toWorker(event, ports()[0])).toThrow(refusal('NOT_SUPPORTED'))
    expect([...event.bytes]).toEqual([1, 2])
  })

  it('when another kind was taken before', async () => {
    const { event } = await received()
    event.getBuffer()
    expect(() => toWorker(event, ports()[0])).toThrow(refusal('INVALID_ARGUMENT', "'fixed' already"))
    expect([...event.bytes]).toEqual([1, 2, 3])
  })

  it('by what is no worker', async () => {
    const { event } = await received()
    const child = await forkProgram('buffer-peer', ['deaf'])
    for (const target of [child, {}, new EventTarget()]) {
      expect(() => toWorker(event, target)).toThrow(refusal('INVALID_ARGUMENT', 'Worker'))
    }
    expect([...event.bytes]).toEqual([1, 2, 3])
  })

  it('by a worker that has ended', async () => {
    const worker = await startWorker('buffer-worker')
    await worker.terminate()
    const { event, receiver, posted } = await received()
    expect(() => toWorker(event, worker)).toThrow(refusal('CLOSED'))
    expect([...event.bytes]).toEqual([1, 2, 3])
    receiver.releaseBuffer(event)
    expect(await posted.released).toBe('released')
  })

  it('after it was released', async () => {
    const { event, receiver } = await received()
    receiver.releaseBuffer(event)
    expect(() => toWorker(event, ports()[0])).toThrow(refusal('CLOSED', 'released before'))
  })
})

it('a moved buffer that can be resized, as mapped memory, is not copied to be shared', async () => {
  const [near, far] = ports()
  const { next } = listening(far)
  // As the lib of ES2024 has it.
  const Resizable = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => ArrayBuffer
  const copy = new Resizable(4, { maxByteLength: 4 })
  postSharedBuffer(near, { size: 4, reference: () => ({ copy }) })
  const event = await next()
  expect(() => event.getBuffer({ kind: 'shared' })).toThrow(refusal('NOT_SUPPORTED', "'transferable'"))
  expect(event.bytes).toEqual(new Uint8Array(4))
})

it('copies may be moved on as well', async () => {
  const [near, far] = ports()
  const { next } = listening(far)
  const posted = postSharedBuffer(near, copying(new Uint8Array([7, 8])))
  const worker = await startWorker('buffer-worker', { workerData: 'release' })
  const told = toldBy(worker)
  toWorker(await next(), worker)
  expect(await told).toMatchObject({ bytes: [7, 8] })
  expect(await posted.released).toBe('released')
})
