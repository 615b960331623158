// A SharedBuffer as a stream, for what reads and writes streams.
import { Duplex } from 'node:stream'
import { SharedChannelError } from '@shared-channel/core'

/** What a stream goes over. Both throw `CLOSED` once it is closed. */
export interface StreamedBuffer {
  readonly size: number
  readonly bytes: Uint8Array
}

const CHUNK = 65536

/**
 * A SharedBuffer as a Node stream: reading and writing move one position, and end where the buffer ends. What is read is a
 * copy, to keep. Once the buffer is closed, everything fails with `CLOSED`, also what is under way.
 *
 * Made by `openStream`. A stream is read to its end once; open another one to read again.
 */
export class SharedBufferStream extends Duplex {
  readonly #buffer: StreamedBuffer
  #position = 0

  /** @internal */
  constructor(buffer: StreamedBuffer) {
    // Nothing is read ahead: who moves the position in between gets what is there.
    super({ readableHighWaterMark: 0, writableHighWaterMark: CHUNK, decodeStrings: true })
    this.#buffer = buffer
  }

  /** In bytes, 0 to the buffer's size: where the next byte is read or written. */
  get position(): number {
    return this.#position
  }

  /** @throws SharedChannelError `INVALID_ARGUMENT` for what is no position; `CLOSED`. */
  set position(position: number) {
    const { size } = this.#buffer
    if (!Number.isInteger(position) || position < 0 || position > size) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        `A position in this buffer is a whole number from 0 to ${size}; it is ${String(position)}.`,
      )
    }
    this.#position = position
  }

  /** The next bytes, at most so many, or none at the end. Moves the position. */
  #take(most: number): Buffer {
    const part = Buffer.from(this.#buffer.bytes.subarray(this.#position, this.#position + most))
    this.#position += part.length
    return part
  }

  /** All of `bytes`, or nothing. Moves the position. */
  #put(bytes: Uint8Array): void {
    const room = this.#buffer.size - this.#position
    if (bytes.length > room) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        `${bytes.length} bytes do not fit: there are ${room} of ${this.#buffer.size} left from position ${this.#position} on. Nothing of them was written.`,
      )
    }
    this.#buffer.bytes.set(bytes, this.#position)
    this.#position += bytes.length
  }

  /** @internal */
  override _read(): void {
    try {
      const part = this.#take(CHUNK)
      this.push(part.length > 0 ? part : null)
    } catch (error) {
      this.destroy(error as Error)
    }
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

  /**
   * The same as web streams, over the same position.
   *
   * @throws SharedChannelError `NOT_SUPPORTED` in a host without them (Electron's main process before 28).
   * @example
   * await response.body.pipeTo(buffer.openStream().toWeb().writable)
   */
  toWeb(): { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> } {
    if (typeof ReadableStream === 'undefined' || typeof WritableStream === 'undefined') {
      throw new SharedChannelError('NOT_SUPPORTED', 'This host has no web streams. Use the Node stream itself.')
    }
    return {
      readable: new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            const part = this.#take(CHUNK)
            if (part.length > 0) controller.enqueue(new Uint8Array(part.buffer, part.byteOffset, part.length))
            else controller.close()
          },
        },
        { highWaterMark: 0 },
      ),
      writable: new WritableStream<Uint8Array>({ write: (chunk) => this.#put(chunk) }),
    }
  }
}
