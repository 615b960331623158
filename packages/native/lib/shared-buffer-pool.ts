// Buffers that are used again: reserving and clearing memory costs more than handing it over.
import { type BufferAccess, type ReleasedBy, type SegmentReference, SharedChannelError } from '@shared-channel/core'
import { loadAddon, type NativeSegment } from './addon.ts'
import { checkBufferSize } from './segment.ts'
import { SharedBuffer } from './shared-buffer.ts'

/** Which buffers a pool has. */
export interface SharedBufferPoolOptions {
  /** Bytes of each buffer, 1 to 4 GiB. */
  size: number
  /** How many buffers are kept for later at most. Default 8. */
  spare?: number
}

const DEFAULT_SPARE = 8

/**
 * Buffers of one size that are used again and again, as for the frames of a video. A buffer comes back when it was closed and
 * every receiver has let go of it, and is zeroed then; views that were made of it before are detached. One of which nobody
 * can say who still looks at it does not come back, and another takes its place: when a receiver ended, and when its `handle`
 * was asked for.
 *
 * For receivers of this application: one that means harm could keep what it has opened.
 *
 * @example
 * const pool = new SharedBufferPool({ size: 1920 * 1080 * 4 })
 * camera.on('frame', (frame) => {
 *   const buffer = pool.acquire()
 *   buffer.bytes.set(frame)
 *   postSharedBuffer(window, buffer)
 *   buffer.close() // comes back when the window has released it
 * })
 */
export class SharedBufferPool {
  readonly #size: number
  readonly #mostSpare: number
  #spare: NativeSegment[] | undefined = []

  /** @throws SharedChannelError `INVALID_ARGUMENT` for a bad size or number. */
  constructor({ size, spare = DEFAULT_SPARE }: SharedBufferPoolOptions) {
    checkBufferSize(size)
    if (!Number.isInteger(spare) || spare < 0) {
      throw new SharedChannelError('INVALID_ARGUMENT', `spare must be a whole number; it is ${String(spare)}.`)
    }
    this.#size = size
    this.#mostSpare = spare
  }

  /** How many buffers wait to be used again. */
  get spare(): number {
    return this.#spare?.length ?? 0
  }

  /**
   * A buffer of zeroes, one that was used before if there is any.
   *
   * @throws SharedChannelError `CLOSED` after `close`; `OUT_OF_MEMORY`; `NOT_SUPPORTED` where there is no addon.
   */
  acquire(): SharedBuffer {
    if (this.#spare === undefined) throw new SharedChannelError('CLOSED', 'This pool is closed.')
    const native = this.#spare.pop() ?? new (loadAddon().NativeSegment)(this.#size)
    return new PooledBuffer(native, (isReusable) => this.#takeBack(native, isReusable))
  }

  /** Lets go of what is spare; what is in use follows when it is let go of. Safe to call again. */
  close(): void {
    for (const native of this.#spare ?? []) native.close()
    this.#spare = undefined
  }

  #takeBack(native: NativeSegment, isReusable: boolean): void {
    if (isReusable && this.#spare !== undefined && this.#spare.length < this.#mostSpare) {
      native.clear()
      this.#spare.push(native)
    } else {
      native.close()
    }
  }
}

class PooledBuffer extends SharedBuffer {
  readonly #use: Use

  constructor(native: NativeSegment, done: (isReusable: boolean) => void) {
    const use: Use = { receivers: 0, isLetGo: false, isReusable: true, done }
    super(native, 'read-write', () => {
      use.isLetGo = true
      settle(use)
    })
    this.#use = use
  }

  /** As every SharedBuffer's. Nobody can say who has opened it: a buffer whose handle was asked for is not used again. */
  override get handle(): string {
    this.#use.isReusable = false
    return super.handle
  }

  override reference(access: BufferAccess): SegmentReference {
    const reference = super.reference(access)
    const use = this.#use
    use.receivers++
    return {
      ...reference,
      released: (by: ReleasedBy) => {
        use.receivers--
        if (by === 'ended') use.isReusable = false
        settle(use)
      },
    }
  }
}

/** From `acquire` until nobody has the buffer any more. */
interface Use {
  /** Posts whose receivers may still look at it. */
  receivers: number
  /** Whether nobody here holds it any more. */
  isLetGo: boolean
  isReusable: boolean
  readonly done: (isReusable: boolean) => void
}

function settle(use: Use): void {
  if (use.isLetGo && use.receivers === 0) use.done(use.isReusable)
}
