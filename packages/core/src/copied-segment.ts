import { SharedChannelError } from './errors.ts'
import type { BufferKind, OpenedSegment } from './segment-host.ts'

/**
 * Bytes that came along with a post: a copy, where no memory is shared, or mapped memory that was moved to this worker or
 * comes from the preload of this page.
 */
export class CopiedSegment implements OpenedSegment {
  /** Until it was given away: from then on, that nobody uses it is learned from its garbage collection. */
  #buffer: ArrayBufferLike | undefined
  /** Whose memory others see, and not only this side. */
  readonly #cameShared: boolean

  /** @throws SharedChannelError `INVALID_ARGUMENT` when the buffer has fewer bytes than `size`. */
  constructor(buffer: ArrayBufferLike, size: number) {
    if (buffer.byteLength < size) {
      throw new SharedChannelError('INVALID_ARGUMENT', `${buffer.byteLength} bytes came along of a buffer of ${size}.`)
    }
    this.#buffer = buffer
    this.#cameShared = !isArrayBuffer(buffer)
  }

  map(kind: BufferKind): ArrayBufferLike {
    const buffer = this.#buffer as ArrayBufferLike
    const mapped = kind === 'shared' && isArrayBuffer(buffer) ? sharedCopy(buffer) : buffer
    if (kind === 'transferable' && this.#cameShared) {
      throw new SharedChannelError('NOT_SUPPORTED', "This buffer came 'shared': post it to a worker as it is.")
    }
    this.#buffer = undefined
    return mapped
  }

  release(buffer: ArrayBufferLike | undefined): void {
    this.#buffer = undefined
    // One that the user has moved on is not ours any more, and browsers throw when it is moved again.
    if (buffer === undefined || buffer.byteLength === 0) return
    if (isArrayBuffer(buffer)) detach(buffer)
    else if (!this.#cameShared) new Uint8Array(buffer).fill(0) // else whoever has mapped it takes it away
  }
}

/** A page without COOP and COEP has no SharedArrayBuffer to compare with. */
const isArrayBuffer = (buffer: ArrayBufferLike): buffer is ArrayBuffer => buffer instanceof ArrayBuffer

/** Only of a copy: mapped memory, which is resizable where it can be moved, would not be the same memory any more. */
function sharedCopy(buffer: ArrayBuffer & { readonly resizable?: boolean }): SharedArrayBuffer {
  if (buffer.resizable || typeof SharedArrayBuffer !== 'function') {
    throw new SharedChannelError(
      'NOT_SUPPORTED',
      buffer.resizable
        ? "This buffer was moved here; it is 'transferable'. Post it to this worker to have it 'shared'."
        : "There is no SharedArrayBuffer in this page: it needs the headers COOP and COEP. Use kind 'fixed'.",
    )
  }
  const shared = new SharedArrayBuffer(buffer.byteLength)
  new Uint8Array(shared).set(new Uint8Array(buffer))
  return shared
}

/** Moves the memory to nowhere, which frees it. Older hosts have no `structuredClone` and no `transfer`. */
function detach(buffer: ArrayBuffer): void {
  const { port1 } = new MessageChannel()
  port1.postMessage(null, [buffer])
  port1.close()
}
