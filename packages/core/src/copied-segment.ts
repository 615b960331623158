import { SharedChannelError } from './errors.ts'
import type { BufferKind, OpenedSegment } from './segment-host.ts'

/** Bytes that came along with a post: a copy, where no memory is shared, or mapped memory that was moved to this worker. */
export class CopiedSegment implements OpenedSegment {
  /** Until it was given away: from then on, that nobody uses it is learned from its garbage collection. */
  #buffer: ArrayBuffer | undefined

  /** @throws SharedChannelError `INVALID_ARGUMENT` when the buffer has fewer bytes than `size`. */
  constructor(buffer: ArrayBuffer, size: number) {
    if (buffer.byteLength < size) {
      throw new SharedChannelError('INVALID_ARGUMENT', `${buffer.byteLength} bytes came along of a buffer of ${size}.`)
    }
    this.#buffer = buffer
  }

  map(kind: BufferKind): ArrayBufferLike {
    const buffer = this.#buffer as ArrayBuffer
    const mapped = kind === 'shared' ? sharedCopy(buffer) : buffer
    this.#buffer = undefined
    return mapped
  }

  release(buffer: ArrayBufferLike | undefined): void {
    this.#buffer = undefined
    // One that the user has moved on is not ours any more, and browsers throw when it is moved again.
    if (buffer === undefined || buffer.byteLength === 0) return
    if (buffer instanceof ArrayBuffer) detach(buffer)
    else new Uint8Array(buffer).fill(0)
  }
}

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
