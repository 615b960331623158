// Messages over the records of a ring, as packages/native/include/shared_channel/message.hpp does it: one that fits is
// one record, a longer one is cut into fragments and put together at the far end.
import { checkSize } from './checks.ts'
import { corrupt, outOfMemory } from './errors.ts'
import {
  CALL_HEAD_SIZE,
  FLAG_ABANDONED,
  FLAG_CALL,
  FLAG_CONTROL,
  FLAG_FIRST,
  FLAG_LAST,
  FLAG_REPLY,
  FRAGMENT_PREFIX_SIZE,
  fragmentPayload,
  MAX_MESSAGE_TYPE,
  maxRecordPayload,
} from './layout.ts'
import { AGAIN, CORRUPT, OK, type RingReader, type RingWriter } from './ring.ts'

/** A message on its way into a ring, and how far it got. */
export interface OutgoingMessage {
  /** Its type, and `FLAG_CALL` or `FLAG_REPLY`; or `FLAG_CONTROL`. */
  readonly tag: number
  /** Of a call or reply: its number and status. */
  readonly call: number
  readonly status: number
  readonly size: number
  /** How many of its bytes are in the ring, and the others. */
  sent: number
  bytes: Uint8Array
}

const FLAG_CALL_OR_REPLY = FLAG_CALL | FLAG_REPLY
const KINDS = FLAG_CALL_OR_REPLY | FLAG_CONTROL

/** @throws SharedChannelError `CORRUPT` from whatever looks for room: nothing more can be written. */
export class MessageWriter {
  /** The largest message that is written in one piece. */
  readonly maxRecord: number
  readonly #ring: RingWriter
  readonly #fragment: number
  #abandonmentPending = false

  constructor(ring: RingWriter) {
    this.#ring = ring
    this.maxRecord = maxRecordPayload(ring.capacity)
    this.#fragment = fragmentPayload(ring.capacity)
  }

  /** A message that fits one record and goes in now, or not at all (`AGAIN`). The fast way. */
  tryWriteWhole(tag: number, bytes: Uint8Array, call: number, status: number): typeof OK | typeof AGAIN {
    const ring = this.#ring
    const head = headSize(tag)
    const size = head + bytes.byteLength
    if (size > this.maxRecord || (this.#abandonmentPending && !this.#writeAbandonment())) return AGAIN
    const offset = ring.tryReserve(size)
    if (offset < 0) return this.#noRoom(offset)
    if (head !== 0) ring.setPair(offset, call, status)
    ring.bytes.set(bytes, offset + head)
    ring.commit(size, tag | FLAG_FIRST | FLAG_LAST)
    return OK
  }

  /** Room for `size` bytes of a message: where in the ring's `bytes` they go, or `AGAIN`. */
  tryReserve(size: number): number {
    if (this.#abandonmentPending && !this.#writeAbandonment()) return AGAIN
    const offset = this.#ring.tryReserve(size)
    return offset < 0 ? this.#noRoom(offset) : offset
  }

  /** Publishes the first `size` bytes of what was reserved as a whole message. */
  commit(size: number, tag: number): void {
    this.#ring.commit(size, tag | FLAG_FIRST | FLAG_LAST)
  }

  fitsOneRecord(tag: number, size: number): boolean {
    return headSize(tag) + size <= this.maxRecord
  }

  /** Writes as much of `message` as there is room for; `OK` when all of it is in the ring. */
  tryWrite(message: OutgoingMessage): typeof OK | typeof AGAIN {
    const { tag, size, call, status } = message
    if (this.fitsOneRecord(tag, size)) return this.tryWriteWhole(tag, message.bytes, call, status)
    while (message.sent < size) {
      const first = message.sent === 0
      const head = headSize(tag)
      const prefix = first ? FRAGMENT_PREFIX_SIZE + head : 0
      const part = Math.min(size - message.sent, this.#fragment - prefix)
      const offset = this.tryReserve(prefix + part)
      if (offset < 0) return AGAIN
      if (first) {
        this.#ring.setPair(offset, head + size, 0)
        if (head !== 0) this.#ring.setPair(offset + FRAGMENT_PREFIX_SIZE, call, status)
      }
      this.#ring.bytes.set(message.bytes.subarray(0, part), offset + prefix)
      message.bytes = message.bytes.subarray(part)
      message.sent += part
      const flags = (first ? FLAG_FIRST : 0) | (message.sent === size ? FLAG_LAST : 0)
      this.#ring.commit(prefix + part, tag | flags)
    }
    return OK
  }

  /** Gives up a message that `tryWrite` has not finished: the reader sees nothing of it. */
  abandon(message: OutgoingMessage): void {
    // A mark that is still due stays due: a message given up behind it has not been started.
    if (message.sent > 0) this.#abandonmentPending = true
  }

  #noRoom(status: number): typeof AGAIN {
    if (status === CORRUPT) throw corrupt('an impossible position')
    return AGAIN
  }

  /** In front of the next message, so that the reader drops the fragments it has. */
  #writeAbandonment(): boolean {
    this.#abandonmentPending = false
    this.#abandonmentPending = this.tryReserve(0) === AGAIN
    if (!this.#abandonmentPending) this.#ring.commit(0, FLAG_ABANDONED)
    return !this.#abandonmentPending
  }
}

const headSize = (tag: number): number => ((tag & FLAG_CALL_OR_REPLY) === 0 ? 0 : CALL_HEAD_SIZE)

/** At most one kind, and control records have no type. */
const isPossible = (kind: number, id: number): boolean =>
  (kind & (kind - 1)) === 0 && (kind !== FLAG_CONTROL || id === 0)

/** What `MessageReader.next` found. */
export const MESSAGE = 1

export class MessageReader {
  /** Of the message found: its number, and its bytes, which are in the ring or in an array of their own. */
  id = 0
  /** `FLAG_CALL`, `FLAG_REPLY`, `FLAG_CONTROL`, or 0 for a plain message; the number and status of a call or reply. */
  kind = 0
  call = 0
  status = 0
  /** Start of the payload in `ring.bytes`, unless it is `assembled`. */
  offset = 0
  length = 0
  /** The payload of a message that came in fragments. */
  assembled: Uint8Array | undefined

  readonly #ring: RingReader
  readonly #maxMessageBytes: number
  #target: Uint8Array | undefined
  #targetTag = 0
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
      if (status === CORRUPT) throw corrupt('an impossible position or record')
      this.id = ring.tag & MAX_MESSAGE_TYPE
      this.kind = ring.tag & KINDS
      const flags = ring.tag - this.id - this.kind
      if (!isPossible(this.kind, this.id)) throw impossibleRecord()
      if (flags === FLAG_FIRST + FLAG_LAST) {
        if (this.#target !== undefined) throw impossibleRecord()
        const head = this.#readHead(ring.offset, ring.length)
        checkSize(ring.length - head, this.#maxMessageBytes)
        this.offset = ring.offset + head
        this.length = ring.length - head
        return MESSAGE
      }
      if (flags === FLAG_ABANDONED) {
        if (ring.length !== 0 || this.kind !== 0) throw impossibleRecord()
        this.#target = undefined
      } else if (this.#addFragment(flags)) {
        return MESSAGE
      }
      ring.pop()
      // Fragments give their room back as they come, so that a message larger than the ring can pass.
      if (ring.shouldPublish()) return AGAIN
    }
  }

  /** Gives the last message back; its memory may be overwritten from the ring's next `publish` on. */
  release(): void {
    this.#ring.pop()
    this.assembled = undefined
  }

  #addFragment(flags: number): boolean {
    const ring = this.#ring
    if (flags > FLAG_FIRST + FLAG_LAST) throw impossibleRecord()
    let { offset, length } = ring
    if ((flags & FLAG_FIRST) !== 0) {
      if (this.#target !== undefined || length < FRAGMENT_PREFIX_SIZE) throw impossibleRecord()
      const size = ring.wordAt(offset)
      if (ring.wordAt(offset + 4) !== 0) throw impossibleRecord()
      offset += FRAGMENT_PREFIX_SIZE
      length -= FRAGMENT_PREFIX_SIZE
      const head = this.#readHead(offset, Math.min(length, size))
      offset += head
      length -= head
      checkSize(size - head, this.#maxMessageBytes)
      this.#target = allocate(size - head)
      this.#targetTag = this.id | this.kind
      this.#filled = 0
    }
    const target = this.#target
    if (
      target === undefined ||
      (this.id | this.kind) !== this.#targetTag ||
      length > target.byteLength - this.#filled
    ) {
      throw impossibleRecord()
    }
    target.set(ring.bytes.subarray(offset, offset + length), this.#filled)
    this.#filled += length
    if ((flags & FLAG_LAST) === 0) return false
    if (this.#filled !== target.byteLength) throw impossibleRecord()
    this.assembled = target
    this.length = target.byteLength
    this.#target = undefined
    return true
  }

  /** Reads the words in front of a call's or reply's payload; returns how many bytes they take of the `length`. */
  #readHead(offset: number, length: number): number {
    if (headSize(this.kind) === 0) return 0
    if (length < CALL_HEAD_SIZE) throw impossibleRecord()
    this.call = this.#ring.wordAt(offset)
    this.status = this.#ring.wordAt(offset + 4)
    return CALL_HEAD_SIZE
  }
}

const impossibleRecord = () => corrupt('an impossible record')

function allocate(size: number): Uint8Array {
  try {
    return new Uint8Array(size)
  } catch (cause) {
    throw outOfMemory(size, cause)
  }
}
