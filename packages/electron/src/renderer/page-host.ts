// Buffers in the page: how the page opens and makes shared memory through its preload.
import {
  type BufferAccess,
  type BufferReference,
  type OpenedSegment,
  type PostableBuffer,
  type SegmentHost,
  SharedChannelError,
} from '@shared-channel/core'
import type { BridgedSegment } from '../shared/bridge.ts'
import { unwrap } from '../shared/plain-error.ts'
import { madeMemory, memoryOf, releaseMemory } from './page-memory.ts'
import { findPreload, requirePreload } from './preload.ts'

/** For core's `SharedBufferReceiver` and `sharedBuffer` in a page. */
export const pageHost: SegmentHost = {
  open: (handle, access, size) => new PageSegment(unwrap(requirePreload().openSegment(handle, access, size))),
  identity: () => findPreload()?.identity(),
}

class PageSegment implements OpenedSegment {
  readonly #bridged: BridgedSegment

  constructor(bridged: BridgedSegment) {
    this.#bridged = bridged
  }

  map(kind: 'fixed' | 'transferable' | 'shared'): ArrayBufferLike {
    if (kind !== 'fixed') {
      throw new SharedChannelError(
        'NOT_SUPPORTED',
        `In this page buffers are 'fixed'; a '${kind}' one cannot be had where the page shows its own memory.`,
      )
    }
    const buffer = madeMemory(unwrap(this.#bridged.map()))
    if (buffer !== undefined) return buffer
    throw new SharedChannelError(
      'NOT_SUPPORTED',
      'In this page memory comes from its preload, which a page cannot wait for here. Post buffers to the page, not over a channel.',
    )
  }

  release(buffer: ArrayBufferLike | undefined): void {
    this.#bridged.unmap()
    this.#bridged.close()
    if (buffer !== undefined) releaseMemory(buffer)
  }
}

/**
 * Makes memory that this page, native code and other processes see. Post it with `postSharedBuffer`, and close it. Where
 * `capabilities()` says that memory is copied, whoever it is posted to gets a copy.
 *
 * @param size In bytes, 1 to 4 GiB.
 * @throws SharedChannelError (as a rejection) `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; `NOT_SUPPORTED` where there is no preload of ours.
 * @example
 * const buffer = await createSharedBuffer(pixels.length)
 * buffer.bytes.set(pixels)
 * postSharedBuffer(broker, buffer, { additionalData: { kind: 'print' } })
 * buffer.close()
 */
export async function createSharedBuffer(size: number): Promise<PageSharedBuffer> {
  const segment = unwrap(await requirePreload().createSegment(size))
  if (segment === undefined) return new PageSharedBuffer(undefined, size, makePrivate(size))
  try {
    return new PageSharedBuffer(segment, size, await memoryOf(unwrap(segment.map())))
  } catch (error) {
    segment.close()
    throw error
  }
}

/** Whole steps, as shared memory has them. */
function makePrivate(size: number): ArrayBuffer {
  if (!Number.isInteger(size) || size < 1 || size > LARGEST) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `The size of a buffer must be a whole number of bytes from 1 to ${LARGEST} (4 GiB); it is ${String(size)}.`,
    )
  }
  try {
    return new ArrayBuffer(Math.ceil(size / STEP) * STEP)
  } catch (cause) {
    throw new SharedChannelError('OUT_OF_MEMORY', `The page has no room for ${size} bytes.`, { cause })
  }
}

const STEP = 65536
const LARGEST = 2 ** 32

/** Memory that other processes see too. After `close` every property throws `CLOSED`. */
export class PageSharedBuffer implements PostableBuffer {
  readonly #segment: BridgedSegment | undefined
  readonly #size: number
  /** The buffer itself, and each post that was not received yet. */
  #holders = 1
  #buffer: ArrayBufferLike | undefined

  /**
   * @internal
   * @param segment Undefined where memory is copied.
   */
  constructor(segment: BridgedSegment | undefined, size: number, buffer: ArrayBufferLike) {
    this.#segment = segment
    this.#size = size
    this.#buffer = buffer
  }

  /** Bytes, as asked for. */
  get size(): number {
    this.#open()
    return this.#size
  }

  /** All of the memory; `size` rounded up to whole steps of 64 KiB. */
  get arrayBuffer(): ArrayBufferLike {
    return this.#open()
  }

  /** The `size` bytes of it. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#open(), 0, this.#size)
  }

  /** Lets go of the memory: `arrayBuffer` and its views are detached. Who has received it keeps it. Safe to call again. */
  close(): void {
    const buffer = this.#buffer
    if (buffer === undefined) return
    this.#buffer = undefined
    this.#segment?.unmap()
    releaseMemory(buffer)
    this.#drop()
  }

  /** @internal */
  reference(_access: BufferAccess): BufferReference {
    this.#open()
    if (this.#segment === undefined) return { copy: this.bytes.slice().buffer as ArrayBuffer }
    this.#holders++
    return { handle: this.#segment.handle, drop: () => this.#drop() }
  }

  #drop(): void {
    if (--this.#holders === 0) this.#segment?.close()
  }

  #open(): ArrayBufferLike {
    if (this.#buffer === undefined) throw new SharedChannelError('CLOSED', 'This buffer is closed.')
    return this.#buffer
  }
}
