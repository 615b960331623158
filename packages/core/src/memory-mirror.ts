/**
 * A channel whose two sides share no memory. Each has memory of its own in the shared layout, in which a mirror plays the
 * other side; what one mirror collects, the other writes, whatever carries it between them. packages/native/src/mirror.hpp
 * does the same between two memories of one process.
 *
 * Whoever is on the other side of the mirror's memory (a `SharedChannel`, a plugin) does not know of it: it reads and writes
 * positions, states and announcements as ever.
 *
 * Sleep and wake-up. A mirror cannot know whether the far side sleeps, so it always announces that it waits, for data and
 * for room: every publication wakes it. `collect` announces first and looks then, so a publication after the announcement
 * causes another `collect`, and one before it is seen.
 *
 * Order. `collect` reads the state before the positions and `write` stores it after them: once a state says closed, all that
 * was sent before is in the ring.
 *
 * Hostile sides. Positions never travel, only lengths, which are checked against private numbers whichever side they are
 * from. So nothing is written outside a ring, and nothing in it that its reader has not given back. What the records say is
 * for their reader to check, as ever.
 *
 * Threads: one mirror a memory and side, in one agent.
 */
import { corrupt, outOfMemory } from './errors.ts'
import {
  HEAD_OFFSET,
  HEADER_SIZE,
  RECORD_ALIGNMENT,
  RING_STRIDE,
  type RingPlace,
  readLayout,
  type Side,
  STATE_CLOSED,
  STATE_GONE,
  STATE_OPEN,
  TAIL_OFFSET,
  WAITING_FOR_DATA,
  WAITING_FOR_ROOM,
} from './layout.ts'
import { Bell, RingReader } from './ring.ts'

/** What a side has done since it was looked at last. */
export interface Progress {
  /** What it wrote into its ring, whole records as they are there. */
  bytes?: ArrayBuffer
  /** How many bytes of the other ring it gave back. */
  room?: number
  /** Its state, once it has closed: 2 closed, 3 lost, 4 gone. */
  state?: number
}

/** One ring, and how far it has been mirrored. */
interface Passage {
  readonly ring: Side
  readonly place: RingPlace
  readonly bytes: Uint8Array
  tail: number
  head: number
}

const ANYTHING = WAITING_FOR_DATA | WAITING_FOR_ROOM

export class MemoryMirror {
  readonly #memory: ArrayBufferLike
  readonly #header: Int32Array
  readonly #farBell: Bell
  readonly #nearBell: Bell
  /** The ring that this mirror writes, and the one that it reads. */
  readonly #written: Passage
  readonly #read: Passage
  #farState = 0
  #nearState = 0

  /**
   * @param memory The whole segment, whose rings nobody has mirrored yet.
   * @param side The side that the mirror plays.
   * @throws SharedChannelError `CORRUPT`, `VERSION_MISMATCH` when the memory is not a segment of this version.
   */
  constructor(memory: ArrayBufferLike, side: Side) {
    const peer: Side = side === 0 ? 1 : 0
    const places = readLayout(memory)
    const passage = (ring: Side): Passage => {
      const place = places[ring]
      return { ring, place, bytes: new Uint8Array(memory, place.offset, place.capacity), tail: 0, head: 0 }
    }
    this.#memory = memory
    this.#header = new Int32Array(memory, 0, HEADER_SIZE / 4)
    this.#farBell = new Bell(memory, side)
    this.#nearBell = new Bell(memory, peer)
    this.#written = passage(side)
    this.#read = passage(peer)
  }

  /** Bytes of ring 0 and ring 1. Only memory with the same can be at the other end. */
  get capacities(): readonly [number, number] {
    const [low, high] = this.#written.ring === 0 ? [this.#written, this.#read] : [this.#read, this.#written]
    return [low.place.capacity, high.place.capacity]
  }

  /** Had the side here said that it sends no more, when it was looked at last? */
  get isNearClosed(): boolean {
    return this.#nearState !== 0
  }

  /**
   * What the side here has done since the last time, for the far mirror's `write`. To be called once at first, and each time
   * that this side rings.
   *
   * @returns Nothing when it has done nothing. The bytes are the caller's.
   * @throws SharedChannelError `CORRUPT` for what cannot be, `OUT_OF_MEMORY`: the channel must end.
   */
  collect(): Progress | undefined {
    this.#farBell.announce(ANYTHING) // before anything is looked at
    const state = this.#takeState()
    const bytes = this.#takeBytes()
    const room = this.#takeRoom()
    if (bytes === undefined && room === 0 && state === 0) return undefined
    return { ...(bytes && { bytes }), ...(room > 0 && { room }), ...(state > 0 && { state }) }
  }

  /**
   * Does here what the far side has done there.
   *
   * @param progress From the far mirror; the numbers and lengths may be anything.
   * @returns Whether the side here must be woken; its bell has been moved.
   * @throws SharedChannelError `CORRUPT` for what cannot be: the channel must end.
   */
  write({ bytes, room, state }: Progress): boolean {
    let wakes = false
    if (bytes !== undefined) {
      this.#writeBytes(new Uint8Array(bytes))
      wakes = this.#nearBell.take(WAITING_FOR_DATA)
    }
    if (room !== undefined) {
      this.#giveRoom(room)
      wakes = this.#nearBell.take(WAITING_FOR_ROOM) || wakes
    }
    if (state !== undefined) {
      this.#writeState(state)
      wakes = true
    }
    return wakes
  }

  /** Makes both rings empty, as those of a new segment, and the far side open. What the side here announced stays. */
  restart(): void {
    for (const passage of [this.#written, this.#read]) {
      passage.tail = passage.head = 0
      Atomics.store(this.#header, tailOf(passage.ring), 0)
      Atomics.store(this.#header, headOf(passage.ring), 0)
    }
    this.#farState = this.#nearState = 0
    this.#farBell.state = STATE_OPEN
  }

  /** How many messages are in the two rings that were not given back. For a report when the memory is lost. */
  countUnread(): number {
    const count = ({ place, ring }: Passage) => new RingReader(this.#memory, place, ring).countUnread()
    return count(this.#written) + count(this.#read)
  }

  /** The state of the side here if it has changed to one of the end, else 0. */
  #takeState(): number {
    const { state } = this.#nearBell
    if (state < 0 || state > STATE_GONE) throw corrupt('an impossible state')
    if (state < STATE_CLOSED || state === this.#nearState) return 0
    this.#nearState = state
    return state
  }

  #takeBytes(): ArrayBuffer | undefined {
    const { place, ring, bytes, tail, head } = this.#read
    const written = Atomics.load(this.#header, tailOf(ring))
    const size = (written - tail) >>> 0
    if (size === 0) return undefined
    // The writer can be ahead of what was given back by at most the capacity, and takes nothing back.
    if (!isPossible(size, place.capacity - ((tail - head) >>> 0))) throw corrupt('an impossible position')
    const taken = allocate(size)
    const index = tail & (place.capacity - 1)
    const first = Math.min(size, place.capacity - index)
    taken.set(bytes.subarray(index, index + first))
    taken.set(bytes.subarray(0, size - first), first)
    this.#read.tail = written
    return taken.buffer
  }

  #takeRoom(): number {
    const { ring, tail, head } = this.#written
    const given = Atomics.load(this.#header, headOf(ring))
    const room = (given - head) >>> 0
    if (room !== 0 && !isPossible(room, (tail - head) >>> 0)) throw corrupt('an impossible position')
    this.#written.head = given
    return room
  }

  #writeBytes(from: Uint8Array): void {
    const { place, ring, bytes, tail, head } = this.#written
    const size = from.byteLength
    if (!isPossible(size, place.capacity - ((tail - head) >>> 0))) throw corrupt('more than there is room for')
    const index = tail & (place.capacity - 1)
    const first = Math.min(size, place.capacity - index)
    bytes.set(from.subarray(0, first), index)
    bytes.set(from.subarray(first), 0)
    this.#written.tail = (tail + size) | 0
    Atomics.store(this.#header, tailOf(ring), this.#written.tail)
  }

  #giveRoom(room: number): void {
    const { ring, tail, head } = this.#read
    if (!isPossible(room, (tail - head) >>> 0)) throw corrupt('that it read what it never got')
    this.#read.head = (head + room) | 0
    Atomics.store(this.#header, headOf(ring), this.#read.head)
  }

  #writeState(state: number): void {
    // It only goes up; a closed side may only let go.
    if (!Number.isInteger(state) || state < STATE_CLOSED || state > STATE_GONE || state <= this.#farState) {
      throw corrupt('an impossible state')
    }
    this.#farState = state
    this.#farBell.state = state
    this.#nearBell.move()
  }
}

const tailOf = (ring: Side): number => (TAIL_OFFSET + RING_STRIDE * ring) / 4
const headOf = (ring: Side): number => (HEAD_OFFSET + RING_STRIDE * ring) / 4

/** Can a position move by so much? */
const isPossible = (size: number, limit: number): boolean => size > 0 && size <= limit && size % RECORD_ALIGNMENT === 0

function allocate(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size)
  } catch (cause) {
    throw outOfMemory(size, cause)
  }
}
