// Buffers where nothing can be mapped: what was written is taken over, and nothing else.
import { describe, expect, it, onTestFinished } from 'vitest'
import { capabilities } from '../lib/capabilities.ts'
import { createSharedBuffer, openSharedBuffer, type SharedBuffer } from '../lib/shared-buffer.ts'
import { SharedMutex } from '../lib/shared-mutex.ts'

process.env.SHARED_CHANNEL_MEMORY = 'copy' // before it is asked for the first time

const SIZE = 3 * 65536 - 100

const later = <Closeable extends { close(): void }>(one: Closeable): Closeable => {
  onTestFinished(() => one.close())
  return one
}
/** Somebody who opens it sees what this side has written by then. */
const open = (buffer: SharedBuffer) => later(openSharedBuffer(buffer.handle))

describe('a buffer that is copied', () => {
  it('is seen by whoever opens it later', () => {
    expect(capabilities().memory).toBe('copy')
    const buffer = later(createSharedBuffer(SIZE))
    buffer.bytes.set([1, 2, 3])
    buffer.bytes[SIZE - 1] = 4
    const { bytes } = open(buffer)
    expect([...bytes.subarray(0, 4), bytes[SIZE - 1]]).toEqual([1, 2, 3, 0, 4])
    buffer.bytes[0] = 9
    expect(bytes[0]).toBe(1)
    expect(open(buffer).bytes[0]).toBe(9)
  })

  it('has what each of two has written, wherever that is', () => {
    const seed = Number(process.env.SHARED_CHANNEL_SEED ?? Date.now() % 1e6)
    let state = seed
    const random = (end: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * end)
    }
    const one = later(createSharedBuffer(SIZE))
    const both = [one, open(one)] as const
    for (const { bytes } of both) expect(bytes[0]).toBe(0) // both have their copies now
    const expected = new Uint8Array(SIZE)
    const handOver = (who: number) => expect(both[who]?.handle).toContain('shared-channel')
    for (let step = 0; step < 500; step++) {
      // One writes at even places, the other at odd ones.
      const who = random(2)
      const at = 2 * random(SIZE / 2) + who
      const end = Math.min(SIZE, at + 2 * random(20))
      for (let i = at; i < end; i += 2) {
        both[who]?.bytes.set([step], i)
        expected[i] = step
      }
      if (random(10) === 0) handOver(who)
    }
    handOver(0)
    handOver(1)
    expect(Buffer.compare(open(one).bytes, expected), `SHARED_CHANNEL_SEED=${seed}`).toBe(0)
  })

  it('leaves a lock in it to the lock', async () => {
    const buffer = later(createSharedBuffer(SIZE))
    buffer.bytes[1000] = 1
    const mutex = later(new SharedMutex(buffer, 0))
    await mutex.lock()
    const other = later(new SharedMutex(open(buffer), 0))
    expect(other.tryLock()).toBeUndefined()
    mutex.unlock()
    expect(await other.lock()).toEqual({ ownerLost: false })
  })
})
