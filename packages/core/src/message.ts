// Messages over the records of a ring, as packages/native/include/shared_channel/message.hpp does it: one that fits is
// one record, a longer one is cut into fragments and put together at the far end.
import { SharedChannelError } from './errors.ts'
import {
  FLAG_ABANDONED,
  FLAG_FIRST,
  FLAG_LAST,
  FRAGMENT_PREFIX_SIZE,
  fragmentPayload,
  MAX_MESSAGE_TYPE,
  maxRecordPayload,
} from './layout.ts'
import { AGAIN, CORRUPT, OK, type RingReader, type RingWriter } from './ring.ts'

/** A message on its way into a ring, and how far it got. */
export interface OutgoingMessage {
  readonly id: number
  /** What is not in the ring yet starts at `bytes[sent - skipped]`. */
  bytes: Uint8Array
  readonly size: number
  sent: number
  skipped: number
}

export class MessageWriter {
  readonly #ring: RingWriter
  readonly #maxRecord: number
  readonly #fragment: number

  constructor(ring: RingWriter) {
    this.#ring = ring
    this.#maxRecord = maxRecordPayload(ring.capacity)
    this.#fragment = fragmentPayload(ring.capacity)
  }

  /** A message that fits one record and goes in now, or not at all (`AGAIN`). The fast way. */
  tryWriteWhole(id: number, bytes: Uint8Array): typeof OK | typeof AGAIN | typeof CORRUPT {
    const size = bytes.byteLength
    const offset = this.#ring.tryReserve(size)
    if (offset < 0) return offset as typeof AGAIN | typeof CORRUPT
    this.#ring.bytes.set(bytes, offset)
    this.#ring.commit(size, id | FLAG_FIRST | FLAG_LAST)
    return OK
  }

  fitsOneRecord(size: number): boolean {
    return size <= this.#maxRecord
  }

  /** Writes as much of `message` as there is room for; `OK` when all of it is in the ring. */
  tryWrite(message: OutgoingMessage): typeof OK | typeof AGAIN | typeof CORRUPT {
    if (this.fitsOneRecord(message.size)) return this.tryWriteWhole(message.id, message.bytes)
    while (message.sent < message.size) {
      const first = message.sent === 0
      const prefix = first ? FRAGMENT_PREFIX_SIZE : 0
      const part = Math.min(message.size - message.sent, this.#fragment - prefix)
      const offset = this.#ring.tryReserve(prefix + part)
      if (offset < 0) return offset as typeof AGAIN | typeof CORRUPT
      const target = this.#ring.bytes
      if (first) new Uint32Array(target.buffer, target.byteOffset + offset, 2).set([message.size, 0])
      const start = message.sent - message.skipped
      target.set(message.bytes.subarray(start, start + part), offset + prefix)
      message.sent += part
      const flags = (first ? FLAG_FIRST : 0) | (message.sent === message.size ? FLAG_LAST : 0)
      this.#ring.commit(prefix + part, message.id | flags)
    }
    return OK
  }
}

/** What `MessageReader.next` found. */
export const MESSAGE = 1

export class MessageReader {
  /** Of the message found: its number, and its bytes, which are in the ring or in an array of their own. */
  id = 0
  inRing = false
  /** Start of the payload in `ring.bytes` when `inRing`. */
  offset = 0
  length = 0
  /** The payload when not `inRing`. */
  assembled: Uint8Array | undefined

  readonly #ring: RingReader
  readonly #maxMessageBytes: number
  #holdsRecord = false
  #target: Uint8Array | undefined
  #targetId = 0
  #filled = 0

  constructor(ring: RingReader, maxMessageBytes: number) {
    this.#ring = ring
    this.#maxMessageBytes = maxMessageBytes
  }

  /**
   * Looks for the next whole message and gives the one before back.
   *
   * @returns `MESSAGE`; or `AGAIN` when there is none yet, or when the ring should be published first.
   * @throws SharedChannelError `CORRUPT`, `MESSAGE_TOO_LARGE` or `OUT_OF_MEMORY`: nothing more can be read.
   */
  next(): typeof MESSAGE | typeof AGAIN {
    this.release()
    const ring = this.#ring
    for (;;) {
      const status = ring.tryRead()
      if (status === AGAIN) return AGAIN
      if (status === CORRUPT) throw corrupt('an impossible position or record length')
      this.#holdsRecord = true
      this.id = ring.tag & MAX_MESSAGE_TYPE
      const flags = ring.tag - this.id
      if (flags === FLAG_FIRST + FLAG_LAST) {
        if (this.#target !== undefined) throw corrupt('a message inside another')
        this.#checkSize(ring.length)
        this.inRing = true
        this.offset = ring.offset
        this.length = ring.length
        return MESSAGE
      }
      if (flags === FLAG_ABANDONED) {
        if (ring.length !== 0) throw corrupt('a mark with a payload')
        this.#target = undefined
      } else if (this.#addFragment(flags)) {
        return MESSAGE
      }
      ring.pop()
      this.#holdsRecord = false
      // Fragments give their room back as they come, so that a message larger than the ring can pass.
      if (ring.shouldPublish()) return AGAIN
    }
  }

  /** Gives the last message back; its memory may be overwritten from the ring's next `publish` on. */
  release(): void {
    if (this.#holdsRecord) this.#ring.pop()
    this.#holdsRecord = false
    this.assembled = undefined
  }

  #addFragment(flags: number): boolean {
    const ring = this.#ring
    if (flags > FLAG_FIRST + FLAG_LAST) throw corrupt('unknown flags')
    let { offset, length } = ring
    if ((flags & FLAG_FIRST) !== 0) {
      if (this.#target !== undefined || length < FRAGMENT_PREFIX_SIZE) throw corrupt('a first fragment out of place')
      const words = new Uint32Array(ring.bytes.buffer, ring.bytes.byteOffset + offset, 2)
      const size = Atomics.load(words, 0)
      if (Atomics.load(words, 1) !== 0) throw corrupt('a fragment prefix that is not zero')
      this.#checkSize(size)
      this.#target = allocate(size)
      this.#targetId = this.id
      this.#filled = 0
      offset += FRAGMENT_PREFIX_SIZE
      length -= FRAGMENT_PREFIX_SIZE
    }
    const target = this.#target
    if (target === undefined || this.id !== this.#targetId || length > target.byteLength - this.#filled) {
      throw corrupt('a fragment out of place')
    }
    target.set(ring.bytes.subarray(offset, offset + length), this.#filled)
    this.#filled += length
    if ((flags & FLAG_LAST) === 0) return false
    if (this.#filled !== target.byteLength) throw corrupt('a message that ends before its length')
    this.assembled = target
    this.length = target.byteLength
    this.inRing = false
    this.#target = undefined
    return true
  }

  #checkSize(size: number): void {
    if (size <= this.#maxMessageBytes) return
    throw new SharedChannelError(
      'MESSAGE_TOO_LARGE',
      `The other side sent a message of ${size} bytes; this side takes ${this.#maxMessageBytes}. Raise maxMessageBytes here, or send less at once.`,
    )
  }
}

function allocate(size: number): Uint8Array {
  try {
    return new Uint8Array(size)
  } catch (cause) {
    throw new SharedChannelError('OUT_OF_MEMORY', `There is no memory for a message of ${size} bytes.`, { cause })
  }
}

export function corrupt(found: string): SharedChannelError {
  return new SharedChannelError(
    'CORRUPT',
    `The other side wrote something impossible into shared memory (${found}). The channel is closed; open a new one.`,
  )
}

/** A view of memory that was detached, transferred or made smaller throws when it is used. */
export function memoryIsGone(cause: unknown): SharedChannelError {
  return new SharedChannelError(
    'CORRUPT',
    'The shared memory of the channel was taken away: its buffer was detached, transferred or resized. Leave link.memory alone.',
    { cause },
  )
}
