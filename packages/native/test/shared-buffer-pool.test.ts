import { MessageChannel } from 'node:worker_threads'
import { postSharedBuffer } from '@shared-channel/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SharedBufferReceiver } from '../lib/receiving.ts'
import { openSharedBuffer, type SharedBuffer } from '../lib/shared-buffer.ts'
import { SharedBufferPool } from '../lib/shared-buffer-pool.ts'

const SIZE = 100_000

function open(options: { spare?: number } = {}) {
  const pool = new SharedBufferPool({ size: SIZE, ...options })
  const { port1, port2 } = new MessageChannel()
  const receiver = new SharedBufferReceiver(port2)
  onTestFinished(() => {
    receiver.close()
    port1.close()
    pool.close()
  })
  return { pool, port: port1, receiver }
}

/** The same for the same memory. */
const inodeOf = (buffer: SharedBuffer) => buffer.native.handle().split(':')[7]

/** The next buffer that comes in. */
const next = (receiver: SharedBufferReceiver) =>
  new Promise<Event & { bytes: Uint8Array }>((resolve) =>
    receiver.addEventListener('sharedbufferreceived', resolve, { once: true }),
  )

describe('a pool', () => {
  it('uses a buffer again when it is closed: zeroed, and with no way left to its old views', () => {
    const { pool } = open()
    const first = pool.acquire()
    const { bytes } = first
    const inode = inodeOf(first)
    bytes.fill(9)
    first.close()
    expect(pool.spare).toBe(1)
    const second = pool.acquire()
    expect(inodeOf(second)).toBe(inode)
    expect(second.bytes.every((byte) => byte === 0)).toBe(true)
    expect(bytes.length).toBe(0)
    expect(() => first.bytes).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  it('does not before every receiver has released it', async () => {
    const { pool, port, receiver } = open()
    const buffer = pool.acquire()
    buffer.bytes[0] = 5
    const posted = [postSharedBuffer(port, buffer), postSharedBuffer(port, buffer)]
    buffer.close()
    const events = [await next(receiver), await next(receiver)]
    expect(pool.spare).toBe(0)
    receiver.releaseBuffer(events[0] as never)
    await posted[0]?.released
    expect(pool.spare).toBe(0)
    expect(events[1]?.bytes[0]).toBe(5)
    receiver.releaseBuffer(events[1] as never)
    await posted[1]?.released
    expect(pool.spare).toBe(1)
  })

  it('does not while its owner has it, though the receivers have let go', async () => {
    const { pool, port, receiver } = open()
    const buffer = pool.acquire()
    const posted = postSharedBuffer(port, buffer)
    receiver.releaseBuffer((await next(receiver)) as never)
    await posted.released
    expect(pool.spare).toBe(0)
    buffer.close()
    expect(pool.spare).toBe(1)
  })

  it('replaces one whose receiver ended without having let go', async () => {
    const { pool, port, receiver } = open()
    const buffer = pool.acquire()
    const posted = postSharedBuffer(port, buffer)
    buffer.close()
    const { bytes } = await next(receiver)
    port.close()
    expect(await posted.released).toBe('ended')
    expect(pool.spare).toBe(0)
    expect(bytes.length).toBe(SIZE)
  })

  it('replaces one that others may have opened by its handle', () => {
    const { pool } = open()
    const buffer = pool.acquire()
    const opened = openSharedBuffer(buffer.handle)
    onTestFinished(() => opened.close())
    buffer.close()
    expect(pool.spare).toBe(0)
    pool.acquire().bytes[0] = 77
    expect(opened.bytes[0]).toBe(0)
  })

  it('keeps no more than it was told to', () => {
    const { pool } = open({ spare: 2 })
    const buffers = [1, 2, 3].map(() => pool.acquire())
    for (const buffer of buffers) buffer.close()
    expect(pool.spare).toBe(2)
  })

  it('lets go of everything when it is closed, and of what is in use when that is let go of', () => {
    const { pool } = open()
    const inUse = pool.acquire()
    pool.acquire().close()
    pool.close()
    expect(pool.spare).toBe(0)
    inUse.close()
    expect(pool.spare).toBe(0)
    expect(() => pool.acquire()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  it.each([{ size: 0 }, { size: 2 ** 32 + 1 }, { size: 1, spare: -1 }, { size: 1, spare: 0.5 }])(
    'refuses %o',
    (options) => {
      expect(() => new SharedBufferPool(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    },
  )
})
