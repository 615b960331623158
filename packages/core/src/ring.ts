/**
 * One direction of a channel, as JavaScript sees it. The same protocol as packages/native/include/shared_channel/ring.hpp,
 * where the memory order is explained; `Atomics` are sequentially consistent throughout.
 *
 * Threads: one RingWriter and one RingReader per ring, each in one agent.
 */
import {
  alignRecord,
  BELL_OFFSET,
  FLAG_FILLER,
  FLAG_LAST,
  HEAD_OFFSET,
  HEADER_SIZE,
  maxRecordPayload,
  RECORD_ALIGNMENT,
  RECORD_HEAD_SIZE,
  RING_STRIDE,
  type RingPlace,
  SIDE_STRIDE,
  type Side,
  STATE_OFFSET,
  TAIL_OFFSET,
  WAITING_OFFSET,
} from './layout.ts'

/** A position that the other side published cannot be true. */
export const CORRUPT = -2
/** The ring is full (writer) or empty (reader). */
export const AGAIN = -1
/** A record was read. */
export const OK = 0

/** Views over one ring of a segment. Positions are kept in private numbers, modulo 2^32. */
class Ring {
  /** The ring's bytes. */
  readonly bytes: Uint8Array
  readonly capacity: number
  protected readonly words: Int32Array
  protected readonly header: Int32Array
  protected readonly place: RingPlace
  protected readonly ring: Side
  /** Where in `header` the two positions are. */
  protected readonly tail: number
  protected readonly head: number

  constructor(memory: ArrayBufferLike, place: RingPlace, ring: Side) {
    this.bytes = new Uint8Array(memory, place.offset, place.capacity)
    this.words = new Int32Array(memory, place.offset, place.capacity / 4)
    this.header = new Int32Array(memory, 0, HEADER_SIZE / 4)
    this.capacity = place.capacity
    this.place = place
    this.ring = ring
    this.tail = (TAIL_OFFSET + RING_STRIDE * ring) / 4
    this.head = (HEAD_OFFSET + RING_STRIDE * ring) / 4
  }

  /**
   * How many messages are in the ring that the reader has not given back. For a report at the end: the other side could
   * have rewritten the records, so that what looks impossible ends the count.
   */
  countUnread(): number {
    const reader = new RingReader(this.bytes.buffer, this.place, this.ring, Atomics.load(this.header, this.head))
    let count = 0
    for (; reader.tryRead() === OK; reader.pop()) if ((reader.tag & FLAG_LAST) !== 0) count++
    return count
  }
}

export class RingWriter extends Ring {
  #position = 0
  #knownHead = 0
  #filler = 0

  /**
   * Room for a record, contiguous and 8-aligned. The reader sees nothing before `commit`; reserving again forgets the
   * room reserved before.
   *
   * @param size Bytes of payload, at most `maxRecordPayload(capacity)`.
   * @returns Where in `bytes` the payload goes, or `AGAIN`, or `CORRUPT`.
   */
  tryReserve(size: number): number {
    const index = this.#position & (this.capacity - 1)
    const toEnd = this.capacity - index
    const record = RECORD_HEAD_SIZE + alignRecord(size)
    const filler = record > toEnd ? toEnd : 0
    if (this.#room() < filler + record) {
      const status = this.#lookForRoom(filler + record)
      if (status !== OK) return status
    }
    this.#filler = filler
    return ((index + filler) & (this.capacity - 1)) + RECORD_HEAD_SIZE
  }

  /** Publishes the reserved record with its first `size` bytes and the given tag. */
  commit(size: number, tag: number): void {
    if (this.#filler !== 0) this.#fill()
    this.setPair(this.#position & (this.capacity - 1), size, tag)
    this.#position = (this.#position + RECORD_HEAD_SIZE + alignRecord(size)) | 0
    Atomics.store(this.header, this.tail, this.#position)
  }

  /** Writes two words, at an offset in `bytes` that is a multiple of 4. */
  setPair(offset: number, first: number, second: number): void {
    this.words[offset >>> 2] = first
    this.words[(offset >>> 2) + 1] = second
  }

  /** Has the reader given everything back? */
  isRead(): boolean {
    return Atomics.load(this.header, this.head) === this.#position
  }

  #room(): number {
    return this.capacity - ((this.#position - this.#knownHead) >>> 0)
  }

  /** The end of the ring, where the record does not fit. Published together with it. */
  #fill(): void {
    this.setPair(this.#position & (this.capacity - 1), this.#filler - RECORD_HEAD_SIZE, FLAG_FILLER)
    this.#position = (this.#position + this.#filler) | 0
    this.#filler = 0
  }

  #lookForRoom(size: number): typeof OK | typeof AGAIN | typeof CORRUPT {
    const head = Atomics.load(this.header, this.head)
    // The reader may only move forward, up to what we have published, from record to record.
    const moved = (head - this.#knownHead) >>> 0
    if (moved > (this.#position - this.#knownHead) >>> 0 || head % RECORD_ALIGNMENT !== 0) return CORRUPT
    this.#knownHead = head
    return this.#room() < size ? AGAIN : OK
  }
}

export class RingReader extends Ring {
  /** Of the record that `tryRead` found: where in `bytes` its payload is, how long, and its tag. */
  offset = 0
  length = 0
  tag = 0

  #position: number
  #published: number
  #knownTail: number
  #size = 0

  /** @param position Where reading starts; that of a new ring is 0. */
  constructor(memory: ArrayBufferLike, place: RingPlace, ring: Side, position = 0) {
    super(memory, place, ring)
    this.#position = this.#published = this.#knownTail = position
  }

  /**
   * Looks for the next record; `offset`, `length` and `tag` describe it until `pop`. Lengths and tags are read once and
   * checked: the other side may be hostile. So may the payload be: it can change while it is read.
   *
   * @returns `OK`, `AGAIN` when there is none, or `CORRUPT`.
   */
  tryRead(): typeof OK | typeof AGAIN | typeof CORRUPT {
    for (;;) {
      if (this.#position === this.#knownTail) {
        const tail = Atomics.load(this.header, this.tail)
        if (tail === this.#position) return AGAIN
        // The writer can be ahead of what we have given back by at most the capacity, and never behind us.
        const ahead = (tail - this.#published) >>> 0
        if (
          ahead > this.capacity ||
          ahead < (this.#position - this.#published) >>> 0 ||
          tail % RECORD_ALIGNMENT !== 0
        ) {
          return CORRUPT
        }
        this.#knownTail = tail
      }
      const available = (this.#knownTail - this.#position) >>> 0
      const index = this.#position & (this.capacity - 1)
      const toEnd = this.capacity - index
      const length = Atomics.load(this.words, index >>> 2) >>> 0
      const tag = Atomics.load(this.words, (index >>> 2) + 1) >>> 0
      // Checked before it is rounded up: a length near 2^32 would wrap to a small one.
      if (length > this.capacity - RECORD_HEAD_SIZE) return CORRUPT
      const size = RECORD_HEAD_SIZE + alignRecord(length)
      if (size > available || size > toEnd) return CORRUPT
      if ((tag & FLAG_FILLER) !== 0) {
        if (size !== toEnd) return CORRUPT
        this.#position = (this.#position + size) | 0
        continue
      }
      if (length > maxRecordPayload(this.capacity)) return CORRUPT
      this.offset = index + RECORD_HEAD_SIZE
      this.length = length
      this.tag = tag
      this.#size = size
      return OK
    }
  }

  /** A word of the record that `tryRead` found, read once; `offset` in `bytes` is a multiple of 4. */
  wordAt(offset: number): number {
    return Atomics.load(this.words, offset >>> 2) >>> 0
  }

  /** Is there something that `tryRead` has not seen? What a sleeper asks after it has said that it waits. */
  hasMore(): boolean {
    return this.#position !== this.#knownTail || Atomics.load(this.header, this.tail) !== this.#position
  }

  /** Done with the record that `tryRead` found, if there is one. The writer learns of it at the next `publish`. */
  pop(): void {
    this.#position = (this.#position + this.#size) | 0
    this.#size = 0
  }

  /** Enough has been read that a waiting writer should hear of it, even in the middle of a batch. */
  shouldPublish(): boolean {
    return (this.#position - this.#published) >>> 0 >= this.capacity >>> 2
  }

  /** Gives the room of all popped records back. Returns whether there was any. */
  publish(): boolean {
    if (this.#published === this.#position) return false
    this.#published = this.#position
    Atomics.store(this.header, this.head, this.#position)
    return true
  }
}

/**
 * When to sleep and whom to wake: the words of one side (`Bell` in ring.hpp).
 *
 * The sleeper announces what it waits for, looks once more, and only then sleeps. The publisher stores its position,
 * takes the announcement, and wakes the other side if there was one.
 */
export class Bell {
  readonly #words: Int32Array

  constructor(memory: ArrayBufferLike, side: Side) {
    this.#words = new Int32Array(memory, STATE_OFFSET + SIDE_STRIDE * side, SIDE_STRIDE / 4)
  }

  /** This side will sleep until there is `what` (`WAITING_FOR_DATA`, `WAITING_FOR_ROOM`). */
  announce(what: number): void {
    Atomics.or(this.#words, WAITING, what)
  }

  /** This side is awake after all. */
  withdraw(what: number): void {
    Atomics.and(this.#words, WAITING, ~what)
  }

  /** Takes the announcement and moves the bell; true when that side must be woken. */
  take(what: number): boolean {
    return (Atomics.load(this.#words, WAITING) & what) !== 0 && this.#takeNow(what)
  }

  #takeNow(what: number): boolean {
    if ((Atomics.and(this.#words, WAITING, ~what) & what) === 0) return false // somebody else was faster
    this.move()
    return true
  }

  /** Moves the bell whoever waits: at close. */
  move(): void {
    Atomics.add(this.#words, BELL, 1)
  }

  /** The state of this side (`STATE_OPEN`, …), as it is in shared memory. */
  get state(): number {
    return Atomics.load(this.#words, 0)
  }

  set state(state: number) {
    Atomics.store(this.#words, 0, state)
  }
}

/** Where the words of a side are behind its state. */
const WAITING = (WAITING_OFFSET - STATE_OFFSET) / 4
const BELL = (BELL_OFFSET - STATE_OFFSET) / 4
