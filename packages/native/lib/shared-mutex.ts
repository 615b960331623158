// SharedMutex: a lock in the memory of a buffer, for processes and threads, JavaScript and native code.
import { SharedChannelError, type WaitOptions } from '@shared-channel/core'
import { loadAddon, type NativeMutex, type NativeSegment } from './addon.ts'
import { sharedSegmentOf } from './buffer-memory.ts'
import { checkTime } from './plugin-options.ts'
import { whenClosed } from './segment-users.ts'
import type { SharedBuffer } from './shared-buffer.ts'

const WORD_SIZE = 4

/** The lock is held; what there is to know about it. */
export interface MutexLock {
  /**
   * Whoever had the lock last ended without unlocking it: its process was killed, its worker terminated, its page left, its
   * buffer closed. What the lock protects may be half changed. Said once, to the next owner.
   */
  readonly ownerLost: boolean
}

/** A `lock` call that waits. */
interface Waiting {
  resolve(lock: MutexLock): void
  reject(reason: unknown): void
}

/**
 * A lock in shared memory: four bytes of a buffer that several processes or threads have open, each with a SharedMutex of
 * its own over them, in JavaScript or in C++ (`shared_mutex.hpp`). Zeroed bytes are a free lock. It is robust: when its owner
 * ends without unlocking, the system sets it free, and the next owner hears `ownerLost`.
 *
 * The lock belongs to the object, not to a function: whoever has the object may unlock it. It is not recursive. Locking costs
 * no thread as long as nobody else has the lock; who waits sleeps. Each object has a native thread, which sleeps too; close
 * objects that are no longer needed.
 *
 * @example
 * const mutex = new SharedMutex(buffer, 0)
 * await mutex.run(({ ownerLost }) => {
 *   if (ownerLost) repair()
 *   changeSomething()
 * })
 */
export class SharedMutex {
  /** Closes the mutex at the end of a `using` block; there where the engine knows `Symbol.dispose`. */
  declare readonly [Symbol.dispose]: () => void

  readonly #native: NativeMutex
  readonly #forget: () => void
  /** In the order of their calls. */
  #queue: Waiting[] = []
  #isLocked = false
  #isClosed = false

  /**
   * @param buffer A SharedBuffer, or the buffer of a `sharedbufferreceived` event; opened or posted with read-write access.
   * @param byteOffset Of the lock's four bytes, a multiple of 4. Nothing else uses them; best leave the 128 bytes around them
   *   to the lock.
   * @throws SharedChannelError `INVALID_ARGUMENT` for another buffer, one that may only be read, or a bad offset; `CLOSED`
   *   for a buffer that is closed; `OUT_OF_MEMORY` when there is no thread; `NOT_SUPPORTED` where the system has no robust
   *   locks.
   */
  constructor(buffer: SharedBuffer | ArrayBufferLike, byteOffset = 0) {
    const segment = segmentBehind(buffer)
    checkOffset(byteOffset, segment.size())
    this.#native = new (loadAddon().NativeMutex)(segment, byteOffset)
    this.#forget = whenClosed(segment, () => this.close())
    if (Symbol.dispose) this[Symbol.dispose] = () => this.close()
  }

  /**
   * Waits until the lock is free, and takes it. Calls of one object get it in their order; between objects, the system
   * decides. A call that waits for another end keeps the event loop alive.
   *
   * @param options `timeout` in milliseconds, 0 to 2,147,483,647; `signal`.
   * @returns When the lock is held. Unlock it.
   * @throws SharedChannelError (as a rejection) `TIMEOUT`; `CLOSED` when the mutex or its buffer is closed, also while it
   *   waits; `INVALID_ARGUMENT`. The reason of `options.signal`.
   * @example
   * const { ownerLost } = await mutex.lock({ timeout: 1000 })
   */
  async lock(options: WaitOptions = {}): Promise<MutexLock> {
    this.#checkOpen()
    const timeout = checkTime('timeout', options.timeout, undefined)
    const { signal } = options
    if (signal?.aborted) throw signal.reason
    return this.#tryLock() ?? this.#wait(timeout, signal)
  }

  /**
   * Takes the lock if it is free now.
   *
   * @returns Nothing when it is not, or when `lock` calls of this object wait for it.
   * @throws SharedChannelError `CLOSED`.
   * @example
   * if (mutex.tryLock()) refresh()
   */
  tryLock(): MutexLock | undefined {
    this.#checkOpen()
    return this.#tryLock()
  }

  /**
   * Lets the next one in, who sees all that was written before.
   *
   * @throws SharedChannelError `INVALID_ARGUMENT` when this object does not hold the lock; `CORRUPT` when somebody has
   *   overwritten its four bytes meanwhile, so that others may have been in at the same time; `CLOSED`.
   */
  unlock(): void {
    this.#checkOpen()
    if (!this.#isLocked) {
      throw new SharedChannelError('INVALID_ARGUMENT', 'This mutex is not locked here; lock it before unlock.')
    }
    this.#isLocked = false
    const wasLocked = this.#native.unlock()
    if (this.#queue.length > 0) this.#native.wait(this.#onLocked)
    if (!wasLocked) {
      throw new SharedChannelError(
        'CORRUPT',
        'Somebody has overwritten the bytes of this lock while it was held. Leave them to SharedMutex alone.',
      )
    }
  }

  /**
   * Locks, calls `work`, waits for it, and unlocks, however it ends.
   *
   * @param work What must not happen twice at the same time.
   * @param options As of `lock`.
   * @returns What `work` returns.
   * @throws What `lock`, `work` and `unlock` throw.
   */
  async run<Result>(work: (lock: MutexLock) => Result, options?: WaitOptions): Promise<Awaited<Result>> {
    const lock = await this.lock(options)
    try {
      return await work(lock)
    } finally {
      this.unlock()
    }
  }

  /**
   * Lets go of the memory; calls that wait are rejected with `CLOSED`. A lock that is held counts as lost: the next owner
   * hears `ownerLost`. Also done when the buffer is closed or released. Safe to call again.
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isLocked = false
    this.#forget()
    this.#native.close()
    for (const waiting of this.#queue) waiting.reject(closedError())
    this.#queue = []
  }

  #tryLock(): MutexLock | undefined {
    if (this.#isLocked || this.#queue.length > 0) return undefined
    const ownerLost = this.#native.tryLock()
    if (ownerLost === undefined) return undefined
    this.#isLocked = true
    return { ownerLost }
  }

  #wait(timeout: number | undefined, signal: AbortSignal | undefined): Promise<MutexLock> {
    return new Promise((resolve, reject) => {
      const aborted = () => giveUp(signal?.reason)
      const expired = () => giveUp(new SharedChannelError('TIMEOUT', `The mutex was not free within ${timeout} ms.`))
      const timer = timeout === undefined ? undefined : setTimeout(expired, timeout)
      signal?.addEventListener('abort', aborted)
      const settled = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', aborted)
      }
      const waiting: Waiting = {
        resolve: (lock) => {
          settled()
          resolve(lock)
        },
        reject: (reason) => {
          settled()
          reject(reason)
        },
      }
      const giveUp = (reason: unknown) => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        if (this.#queue.length === 0) this.#native.cancel()
        waiting.reject(reason)
      }
      this.#queue.push(waiting)
      if (!this.#isLocked) this.#native.wait(this.#onLocked)
    })
  }

  readonly #onLocked = (ownerLost: boolean): void => {
    this.#isLocked = true
    this.#queue.shift()?.resolve({ ownerLost })
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedError()
  }
}

function segmentBehind(buffer: SharedBuffer | ArrayBufferLike): NativeSegment {
  const segment = isSharedBuffer(buffer) ? buffer.native : sharedSegmentOf(buffer)
  if (segment !== undefined) return segment
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    'A SharedMutex needs a SharedBuffer, or a buffer that was received with read-write access and not released.',
  )
}

/** Also one of another copy of this package (ESM beside CommonJS). */
function isSharedBuffer(buffer: SharedBuffer | ArrayBufferLike): buffer is SharedBuffer {
  return typeof buffer === 'object' && buffer !== null && 'native' in buffer
}

function checkOffset(offset: number, size: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset % WORD_SIZE === 0 && offset + WORD_SIZE <= size) return
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `The byteOffset of a mutex must be a multiple of 4 with 4 bytes behind it in the buffer's ${size}; it is ${String(offset)}.`,
  )
}

function closedError(): SharedChannelError {
  return new SharedChannelError('CLOSED', 'This mutex is closed, or its buffer is.')
}
