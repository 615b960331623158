import { getEventListeners } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { postSharedBuffer, type SharedBufferReceivedEvent } from '@shared-channel/core'
import { afterEach, describe, expect, it } from 'vitest'
import { SharedBufferReceiver } from '../lib/receiving.ts'
import { createSharedBuffer, openSharedBuffer } from '../lib/shared-buffer.ts'
import { SharedMutex } from '../lib/shared-mutex.ts'

const failure = (code: string) => expect.objectContaining({ name: 'SharedChannelError', code })
const SIZE = 65536

const opened: { close(): void }[] = []
afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})
const later = <Closeable extends { close(): void }>(one: Closeable): Closeable => {
  opened.push(one)
  return one
}

class Ports extends MessageChannel {
  close(): void {
    this.port1.close()
  }
}

/** Two ends of one lock, as two processes have them: each with its own buffer over the same memory. */
function twoEnds() {
  const buffer = later(createSharedBuffer(SIZE))
  const other = later(openSharedBuffer(buffer.handle))
  const ends = [later(new SharedMutex(buffer, 128)), later(new SharedMutex(other, 128))] as const
  return { buffer, other, ends, word: new Uint32Array(buffer.arrayBuffer, 128, 1) }
}

/** How a promise stands after everything that is due has run. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = 'pending'
  promise.then(
    () => {
      state = 'resolved'
    },
    () => {
      state = 'rejected'
    },
  )
  await new Promise((resolve) => setImmediate(resolve))
  return state
}

function threadName(thread: string): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim()
  } catch {
    return '' // it has ended meanwhile
  }
}

/** The names of this process's threads that locks have. */
function lockThreads(): string[] {
  return readdirSync('/proc/self/task')
    .map(threadName)
    .filter((name) => name === 'sc:mutex' || name === 'sc:lock')
    .sort()
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** The system shows a thread for a moment longer than it runs. */
const untilThreads = (...names: string[]) => until(() => lockThreads().join() === names.join())

const WAITERS = 2 ** 31
const isWaitedFor = (word: Uint32Array) => Atomics.load(word, 0) >= WAITERS

describe('SharedMutex', () => {
  it('is held by one end at a time', async () => {
    const { ends } = twoEnds()
    expect(await ends[0].lock()).toEqual({ ownerLost: false })
    expect(ends[0].tryLock()).toBeUndefined()
    expect(ends[1].tryLock()).toBeUndefined()
    ends[0].unlock()
    expect(ends[1].tryLock()).toEqual({ ownerLost: false })
    expect(ends[0].tryLock()).toBeUndefined()
    ends[1].unlock()
  })

  it('has as many locks in a buffer as there are offsets', () => {
    const { buffer, ends } = twoEnds()
    const another = later(new SharedMutex(buffer, 132))
    expect(ends[0].tryLock()).toBeDefined()
    expect(another.tryLock()).toBeDefined()
    expect(later(new SharedMutex(buffer)).tryLock()).toBeDefined()
  })

  it('costs no thread hop when it is free, and none but the sleeping thread', async () => {
    const { ends } = twoEnds()
    for (let i = 0; i < 100; i++) {
      await ends[0].lock()
      ends[0].unlock()
    }
    await untilThreads('sc:mutex', 'sc:mutex')
  })

  it('waits until the other end unlocks', async () => {
    const { ends, word } = twoEnds()
    await ends[0].lock()
    const waiting = ends[1].lock()
    await until(() => isWaitedFor(word))
    expect(await stateOf(waiting)).toBe('pending')
    ends[0].unlock()
    expect(await waiting).toEqual({ ownerLost: false })
    ends[1].unlock()
    expect(Atomics.load(word, 0)).toBe(0)
  })

  it('goes back and forth between two that want it all the time', async () => {
    const { buffer, other, ends } = twoEnds()
    const count = async (mutex: SharedMutex, bytes: Uint8Array) => {
      for (let i = 0; i < 300; i++) {
        await mutex.run(async () => {
          const numbers = new Uint32Array(bytes.buffer, 0, 1)
          const before = numbers[0] ?? 0
          if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
          numbers[0] = before + 1
        })
      }
    }
    await Promise.all([count(ends[0], buffer.bytes), count(ends[1], other.bytes), count(ends[0], other.bytes)])
    expect(new Uint32Array(buffer.arrayBuffer, 0, 1)[0]).toBe(900)
  })

  it('serves the calls of one object in their order', async () => {
    const { ends } = twoEnds()
    await ends[1].lock()
    const order: number[] = []
    const all = [0, 1, 2, 3, 4].map((number) =>
      ends[0].run(() => {
        order.push(number)
      }),
    )
    expect(ends[0].tryLock()).toBeUndefined()
    ends[1].unlock()
    expect(ends[0].tryLock()).toBeUndefined() // the others came first
    await Promise.all(all)
    expect(order).toEqual([0, 1, 2, 3, 4])
  })

  it('needs no thread that waits behind itself', async () => {
    const { ends } = twoEnds()
    await ends[0].lock()
    const second = ends[0].lock()
    expect(await stateOf(second)).toBe('pending')
    await untilThreads('sc:mutex', 'sc:mutex')
    ends[0].unlock()
    await second
  })

  describe('lock with a limit', () => {
    it.each([0, 5])('gives up after %s ms, and the next one waits on', async (timeout) => {
      const { ends } = twoEnds()
      await ends[0].lock()
      const first = ends[1].lock({ timeout })
      const second = ends[1].lock({ timeout: 20_000 })
      await expect(first).rejects.toThrow(failure('TIMEOUT'))
      ends[0].unlock()
      await second
      ends[1].unlock()
      expect(ends[0].tryLock()).toBeDefined()
    })

    it('takes a free lock however short it is', async () => {
      const { ends } = twoEnds()
      expect(await ends[0].lock({ timeout: 0 })).toEqual({ ownerLost: false })
    })

    it("gives up with the signal's reason", async () => {
      const { ends } = twoEnds()
      await ends[0].lock()
      const controller = new AbortController()
      const waiting = ends[1].lock({ signal: controller.signal })
      controller.abort('enough')
      await expect(waiting).rejects.toBe('enough')
      ends[0].unlock()
      await expect(ends[1].lock({ signal: controller.signal })).rejects.toBe('enough')
      expect(ends[0].tryLock()).toBeDefined()
    })

    it('leaves no timer and no listener when it has the lock', async () => {
      const { ends, word } = twoEnds()
      const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
      const before = timers()
      const { signal } = new AbortController()
      await ends[0].lock()
      const waiting = ends[1].lock({ timeout: 20_000, signal })
      await until(() => isWaitedFor(word))
      expect([timers(), getEventListeners(signal, 'abort').length]).toEqual([before + 1, 1])
      ends[0].unlock()
      await waiting
      expect([timers(), getEventListeners(signal, 'abort').length]).toEqual([before, 0])
    })

    it('does not take what nobody waits for any more', async () => {
      const { ends } = twoEnds()
      for (let round = 0; round < 50; round++) {
        await ends[0].lock()
        await expect(ends[1].lock({ timeout: round % 4 })).rejects.toThrow(failure('TIMEOUT'))
        ends[0].unlock()
        expect(ends[0].tryLock()).toBeDefined()
        ends[0].unlock()
      }
    })

    it('lets others have it when it comes just too late', async () => {
      const { ends, buffer } = twoEnds()
      const third = later(new SharedMutex(buffer, 128))
      for (let round = 0; round < 200; round++) {
        await ends[0].lock()
        const controller = new AbortController()
        const waiting = ends[1].lock({ signal: controller.signal }).then(
          () => ends[1].unlock(),
          () => {},
        )
        const others = third.lock()
        ends[0].unlock()
        // Somewhere between the wake-up and its delivery.
        for (let end = performance.now() + (round % 20) / 100; performance.now() < end; );
        controller.abort()
        await waiting
        await others
        third.unlock()
      }
    })

    it.each([-1, Number.NaN, 2 ** 31, '5'])('refuses the timeout %s', async (timeout) => {
      const { ends } = twoEnds()
      await expect(ends[0].lock({ timeout: timeout as number })).rejects.toThrow(failure('INVALID_ARGUMENT'))
    })
  })

  describe('an owner that is lost', () => {
    it('is told to the next one, once', async () => {
      const { ends } = twoEnds()
      await ends[0].lock()
      ends[0].close()
      expect(await ends[1].lock()).toEqual({ ownerLost: true })
      ends[1].unlock()
      expect(ends[1].tryLock()).toEqual({ ownerLost: false })
    })

    it('is told to one that waits', async () => {
      const { ends, word } = twoEnds()
      await ends[0].lock()
      const waiting = ends[1].lock()
      await until(() => isWaitedFor(word))
      ends[0].close()
      expect(await waiting).toEqual({ ownerLost: true })
    })

    it('is told to the next one when who was to hear it has given up or gone', async () => {
      const { buffer, ends, word } = twoEnds()
      for (let round = 0; round < 100; round++) {
        const lost = new SharedMutex(buffer, 128)
        await lost.lock()
        const third = new SharedMutex(buffer, 128)
        const controller = new AbortController()
        const outcome = third.lock({ signal: controller.signal }).catch(() => undefined)
        await until(() => isWaitedFor(word))
        lost.close()
        // Somewhere between the wake-up and its delivery.
        for (let end = performance.now() + (round % 20) / 100; performance.now() < end; );
        if (round % 2 === 0) controller.abort()
        else third.close()
        expect(await outcome).toBeUndefined()
        expect(await ends[0].lock()).toEqual({ ownerLost: true })
        ends[0].unlock()
        third.close()
      }
    })
  })

  describe('unlock', () => {
    it('is refused to who does not hold it', async () => {
      const { ends } = twoEnds()
      expect(() => ends[0].unlock()).toThrow(failure('INVALID_ARGUMENT'))
      await ends[0].lock()
      expect(() => ends[1].unlock()).toThrow(failure('INVALID_ARGUMENT'))
      const waiting = ends[1].lock()
      expect(() => ends[1].unlock()).toThrow(failure('INVALID_ARGUMENT'))
      ends[0].unlock()
      await waiting
    })

    it.each([0, 1, 0x48434853, WAITERS, 2 ** 30, 2 ** 32 - 1])(
      'tells that somebody has put %s into the lock',
      async (garbage) => {
        const { ends, word } = twoEnds()
        await ends[0].lock()
        Atomics.store(word, 0, garbage)
        expect(ends[0].tryLock()).toBeUndefined()
        expect(() => ends[0].unlock()).toThrow(failure('CORRUPT'))
        expect(() => ends[0].unlock()).toThrow(failure('INVALID_ARGUMENT'))
        Atomics.store(word, 0, 0)
        await ends[0].lock()
        ends[0].unlock()
      },
    )
  })

  describe('run', () => {
    it('returns what the work returns, and unlocks however it ends', async () => {
      const { ends } = twoEnds()
      expect(await ends[0].run(({ ownerLost }) => ownerLost)).toBe(false)
      expect(await ends[0].run(async () => 5)).toBe(5)
      const problem = new Error('oh')
      await expect(
        ends[0].run(() => {
          throw problem
        }),
      ).rejects.toBe(problem)
      await expect(ends[0].run(() => Promise.reject(problem))).rejects.toBe(problem)
      expect(ends[1].tryLock()).toBeDefined()
      await expect(ends[0].run(() => {}, { timeout: 1 })).rejects.toThrow(failure('TIMEOUT'))
    })
  })

  describe('close', () => {
    it('rejects what waits and what comes later', async () => {
      const { ends } = twoEnds()
      await ends[0].lock()
      const waiting = [ends[1].lock(), ends[1].lock({ timeout: 20_000 })]
      ends[1].close()
      ends[1].close()
      for (const one of waiting) await expect(one).rejects.toThrow(failure('CLOSED'))
      await expect(ends[1].lock()).rejects.toThrow(failure('CLOSED'))
      expect(() => ends[1].tryLock()).toThrow(failure('CLOSED'))
      expect(() => ends[1].unlock()).toThrow(failure('CLOSED'))
      ends[0].unlock() // nobody else is harmed
    })

    it('comes with the close of the buffer, and loses a lock that is held', async () => {
      const { ends, buffer } = twoEnds()
      await ends[0].lock()
      const waiting = ends[0].lock()
      buffer.close()
      await expect(waiting).rejects.toThrow(failure('CLOSED'))
      await expect(ends[0].lock()).rejects.toThrow(failure('CLOSED'))
      expect(await ends[1].lock()).toEqual({ ownerLost: true })
    })

    it('leaves no thread', async () => {
      const { ends, word } = twoEnds()
      await ends[0].lock()
      ends[1].lock().catch(() => {})
      await until(() => isWaitedFor(word))
      await untilThreads('sc:lock', 'sc:mutex', 'sc:mutex')
      for (const end of ends) end.close()
      await untilThreads()
    })

    it.runIf(Symbol.dispose)('is what Symbol.dispose does', () => {
      const { ends } = twoEnds()
      ends[0][Symbol.dispose]()
      expect(() => ends[0].tryLock()).toThrow(failure('CLOSED'))
    })
  })

  describe('in a buffer that was received', () => {
    it('works like in one that was opened, until the buffer is released', async () => {
      const { buffer, ends } = twoEnds()
      const { port1, port2 } = later(new Ports())
      const receiver = new SharedBufferReceiver(port2)
      const received = new Promise<SharedBufferReceivedEvent>((resolve) =>
        receiver.addEventListener('sharedbufferreceived', (event) => resolve(event as SharedBufferReceivedEvent)),
      )
      postSharedBuffer(port1, buffer, { access: 'read-write' })
      const view = (await received).getBuffer()
      const mutex = later(new SharedMutex(view, 128))
      expect(mutex.tryLock()).toBeDefined()
      expect(ends[0].tryLock()).toBeUndefined()
      receiver.releaseBuffer(view)
      expect(() => mutex.unlock()).toThrow(failure('CLOSED'))
      expect(ends[0].tryLock()).toEqual({ ownerLost: true })
      expect(() => new SharedMutex(view, 128)).toThrow(failure('INVALID_ARGUMENT'))
    })
  })

  it.each(['read-only', 'read-only-strict'] as const)('refuses a buffer that was opened %s', (access) => {
    const buffer = later(createSharedBuffer(SIZE))
    const reader = later(openSharedBuffer(buffer.handle, { access }))
    expect(() => new SharedMutex(reader)).toThrow(failure('INVALID_ARGUMENT'))
  })

  it('refuses what is not shared, and what is closed', () => {
    for (const memory of [new ArrayBuffer(64), new SharedArrayBuffer(64), undefined, null, {}, 5]) {
      expect(() => new SharedMutex(memory as ArrayBuffer)).toThrow(failure('INVALID_ARGUMENT'))
    }
    const buffer = createSharedBuffer(SIZE)
    buffer.close()
    expect(() => new SharedMutex(buffer)).toThrow(failure('CLOSED'))
  })

  it.each([-4, 2, 1.5, Number.NaN, SIZE, SIZE - 2, '4'])('refuses the offset %s', (offset) => {
    const buffer = later(createSharedBuffer(SIZE))
    expect(() => new SharedMutex(buffer, offset as number)).toThrow(failure('INVALID_ARGUMENT'))
  })

  it('takes the last four bytes of a size that is no multiple of anything', () => {
    const buffer = later(createSharedBuffer(10))
    expect(later(new SharedMutex(buffer, 4)).tryLock()).toBeDefined()
    expect(() => new SharedMutex(buffer, 8)).toThrow(failure('INVALID_ARGUMENT'))
  })
})
