// A SharedBuffer as a stream, for what reads and writes streams.
import { Duplex } from 'node:stream'
import { SharedChannelError } from '@shared-channel/core'

/** What a stream goes over. Both throw `CLOSED` once it is closed. */
export interface StreamedBuffer {
  readonly size: number
  readonly bytes: Uint8Array
}

const CHUNK = 65536
const NOTHING = Buffer.alloc(0)

/**
 * A SharedBuffer as a Node stream: reading and writing move one position, and end where the buffer ends. What is read is a
 * copy, to keep. Once the buffer is closed, everything fails with `CLOSED`, also what is under way.
 *
 * Made by `openStream`. `read(n)` takes n bytes, or those that are left, and nothing ahead. A reader that has come to the end
 * has ended; open another stream to read again.
 */
export class SharedBufferStream extends Duplex {
  readonly #buffer: StreamedBuffer
  readonly #isWritable: boolean
  /** Where the next chunk is taken. Chunks that were taken and not read yet lie before it. */
  #next = 0
  /** How many bytes a call of `read` lacks, during the call. */
  #lacking = 0
  #isDropping = false

  /** @internal `isWritable`: writing does not end the process. */
  constructor(buffer: StreamedBuffer, isWritable: boolean) {
    super({ readableHighWaterMark: 1, writableHighWaterMark: CHUNK, decodeStrings: true })
    this.#buffer = buffer
    this.#isWritable = isWritable
  }

  /**
   * In bytes, 0 to the buffer's size: where the next byte is read or written.
   *
   * @throws SharedChannelError `INVALID_ARGUMENT` for what is no position; `CLOSED`.
   */
  get position(): number {
    void this.#buffer.size // throws when it is closed
    return this.#next - this.readableLength
  }

  set position(position: number) {
    const { size } = this.#buffer
    if (!Number.isInteger(position) || position < 0 || position > size) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        `A position in this buffer is a whole number from 0 to ${size}; it is ${String(position)}.`,
      )
    }
    this.#moveTo(position)
  }

  /** As every stream's, but that `read(size)` gives what is left when that is less. */
  override read(size?: number) {
    if (size === 0) return super.read(0) // how the stream itself asks for more
    try {
      const left = this.#buffer.size - this.position
      if (this.#isListenedTo) return super.read(size)
      const wanted = left === 0 || size === undefined ? undefined : Math.min(size, left)
      this.#lacking = (wanted ?? CHUNK) - this.readableLength
      return super.read(wanted)
    } catch (error) {
      this.destroy(error as Error)
      return null
    } finally {
      this.#lacking = 0
    }
  }

  /** @internal */
  override _read(): void {
    if (this.#lacking > 0) this.#give(this.#lacking)
    // Others get their turn between two chunks.
    else if (this.#isListenedTo) setImmediate(() => this.#give(CHUNK))
    // Nobody wants it yet, and until somebody does the position may move.
    else this.push(NOTHING)
  }

  /** @internal */
  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      this.#put(chunk)
      done()
    } catch (error) {
      done(error as Error)
    }
  }

  /** @internal */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    return !(event === 'data' && this.#isDropping) && super.emit(event, ...args)
  }

  /**
   * The same as web streams, over the same position. The writable one takes typed arrays, DataViews and ArrayBuffers.
   *
   * @throws SharedChannelError `NOT_SUPPORTED` in a host without them (Electron's main process before 28).
   * @example
   * await response.body.pipeTo(buffer.openStream().toWeb().writable)
   */
  toWeb(): { readable: ReadableStream<Uint8Array>; writable: WritableStream<BufferSource> } {
    if (typeof ReadableStream === 'undefined' || typeof WritableStream === 'undefined') {
      throw new SharedChannelError('NOT_SUPPORTED', 'This host has no web streams. Use the Node stream itself.')
    }
    return {
      readable: new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            const { position } = this
            const part = this.#copy(position, CHUNK)
            this.#moveTo(position + part.length)
            if (part.length > 0) controller.enqueue(new Uint8Array(part.buffer))
            else controller.close()
          },
        },
        { highWaterMark: 0 },
      ),
      writable: new WritableStream<BufferSource>({ write: (chunk) => this.#put(bytesOf(chunk)) }),
    }
  }

  /** Somebody gets what there is as it comes, rather than by `read` whenever he likes. */
  get #isListenedTo(): boolean {
    return this.readableFlowing === true || this.listenerCount('readable') > 0
  }

  #give(most: number): void {
    if (this.destroyed) return
    try {
      const part = this.#copy(this.#next, most)
      this.#next += part.length
      this.push(part.length > 0 ? part : null)
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  /** At most so many bytes, or none at the end. */
  #copy(position: number, most: number): Buffer {
    const part = this.#buffer.bytes.subarray(position, position + most)
    const copy = Buffer.allocUnsafeSlow(part.length)
    copy.set(part)
    return copy
  }

  /** All of `bytes`, or nothing. Moves the position. */
  #put(bytes: Uint8Array): void {
    const { position } = this
    const room = this.#buffer.size - position
    if (!this.#isWritable) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        'This buffer was opened with access: "read-only-strict", so it cannot be written.',
      )
    }
    if (bytes.length > room) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        `${bytes.length} bytes do not fit: there are ${room} of ${this.#buffer.size} left from position ${position} on. Nothing of them was written.`,
      )
    }
    this.#buffer.bytes.set(bytes, position)
    this.#moveTo(position + bytes.length)
  }

  /** What was taken from elsewhere and not read yet is dropped. */
  #moveTo(position: number): void {
    const unread = this.readableLength
    this.#next = position
    if (unread === 0) return
    this.#isDropping = true
    try {
      super.read(unread)
    } finally {
      this.#isDropping = false
    }
  }
}

function bytesOf(chunk: BufferSource): Uint8Array {
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const found = Object.prototype.toString.call(chunk)
  if (found === '[object ArrayBuffer]' || found === '[object SharedArrayBuffer]') return new Uint8Array(chunk)
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `Only typed arrays, DataViews and ArrayBuffers can be written into a buffer; this is ${found}. Encode it first.`,
  )
}
