// The shared layout of one segment. Mirrors packages/native/include/shared_channel/layout.h, where each value is
// explained; a test holds the two together. The format is described in docs/wire-format.md.
import { SharedChannelError } from './errors.ts'

export const MAGIC = 0x48434853
export const VERSION_MAJOR = 1
export const VERSION_MINOR = 0

export const HEADER_SIZE = 65536
export const SEGMENT_ALIGNMENT = 65536

export const MAGIC_OFFSET = 0
export const VERSION_MAJOR_OFFSET = 4
export const VERSION_MINOR_OFFSET = 8
export const TOTAL_SIZE_OFFSET = 12
export const RING_OFFSET_OFFSET = 16
export const RING_CAPACITY_OFFSET = 20

export const LINE_SIZE = 128
export const STATE_OFFSET = 128
export const LISTENS_OFFSET = 132
export const WAITING_OFFSET = 256
export const BELL_OFFSET = 384
export const SIDE_STRIDE = 384
export const TAIL_OFFSET = 896
export const HEAD_OFFSET = 1024
export const TAKEN_OFFSET = 1028
export const RING_STRIDE = 256

export const STATE_NONE = 0
export const STATE_OPEN = 1
export const STATE_CLOSED = 2
export const STATE_LOST = 3
export const STATE_GONE = 4

export const LISTENS_TO_BELL = 0
export const LISTENS_TO_PIPE = 1

export const WAITING_FOR_DATA = 1
export const WAITING_FOR_ROOM = 2

export const MIN_CAPACITY = 4096
export const MAX_CAPACITY = 1073741824

export const RECORD_HEAD_SIZE = 8
export const RECORD_ALIGNMENT = 8
export const MAX_MESSAGE_TYPE = 16777215
export const FLAG_FIRST = 16777216
export const FLAG_LAST = 33554432
export const FLAG_FILLER = 67108864
export const FLAG_ABANDONED = 134217728
export const FLAG_CALL = 268435456
export const FLAG_REPLY = 536870912
export const FLAG_CONTROL = 1073741824
export const FRAGMENT_PREFIX_SIZE = 8
export const CALL_HEAD_SIZE = 8
export const REPLY_OK = 0
export const REPLY_FAILED = 1

/** Both ends of a channel are numbered; ring `r` is written by side `r`. */
export type Side = 0 | 1

/** `size` rounded up to whole records. Beyond 2^31 this would be negative: lengths are checked before. */
export const alignRecord = (size: number): number => (size + (RECORD_ALIGNMENT - 1)) & ~(RECORD_ALIGNMENT - 1)

/** The largest payload of one record: half the ring, so that a filler and the record behind it always fit. */
export const maxRecordPayload = (capacity: number): number => capacity / 2 - RECORD_HEAD_SIZE

/** The payload of one fragment: a quarter of the ring, so that both sides work at the same time. */
export const fragmentPayload = (capacity: number): number => capacity / 4 - RECORD_HEAD_SIZE

/** Is this a capacity that a ring may have: a power of two from 4 KiB to 1 GiB? */
export const isValidCapacity = (capacity: number): boolean =>
  Number.isInteger(capacity) &&
  capacity >= MIN_CAPACITY &&
  capacity <= MAX_CAPACITY &&
  (capacity & (capacity - 1)) === 0

/** Bytes of a segment with two rings of these capacities. */
export const segmentSize = (capacity0: number, capacity1: number): number =>
  Math.ceil((HEADER_SIZE + capacity0 + capacity1) / SEGMENT_ALIGNMENT) * SEGMENT_ALIGNMENT

/** Where the rings of a segment are; checked, and kept out of shared memory. */
export interface RingPlace {
  readonly offset: number
  readonly capacity: number
}

/**
 * Reads and checks the header of a segment. Every word is read once: the other side may rewrite it at any time.
 *
 * @param memory The whole segment.
 * @returns Where ring 0 and ring 1 are.
 * @throws SharedChannelError `CORRUPT` when this is not a segment, `VERSION_MISMATCH` when it is of another version.
 */
export function readLayout(memory: ArrayBufferLike): readonly [RingPlace, RingPlace] {
  const words = new Uint32Array(memory, 0, Math.min(memory.byteLength >>> 2, RING_CAPACITY_OFFSET / 4 + 3))
  const word = (offset: number) => Atomics.load(words, offset / 4)
  if (memory.byteLength < HEADER_SIZE || word(MAGIC_OFFSET) !== MAGIC) throw corruptHeader('it does not start like one')
  const major = word(VERSION_MAJOR_OFFSET)
  if (major !== VERSION_MAJOR) {
    throw new SharedChannelError(
      'VERSION_MISMATCH',
      `The other side has version ${major}, this side ${VERSION_MAJOR}. Use one major version of Shared Channel on both sides.`,
    )
  }
  const totalSize = word(TOTAL_SIZE_OFFSET)
  if (totalSize > memory.byteLength) throw corruptHeader(`it has ${memory.byteLength} bytes of ${totalSize}`)
  const place = (ring: Side): RingPlace => {
    const offset = word(RING_OFFSET_OFFSET + 8 * ring)
    const capacity = word(RING_CAPACITY_OFFSET + 8 * ring)
    if (
      !isValidCapacity(capacity) ||
      offset < HEADER_SIZE ||
      offset % LINE_SIZE !== 0 ||
      offset + capacity > totalSize
    ) {
      throw corruptHeader(`ring ${ring} cannot have ${capacity} bytes at ${offset} of ${totalSize}`)
    }
    return { offset, capacity }
  }
  const places = [place(0), place(1)] as const
  const [low, high] = places[0].offset < places[1].offset ? places : [places[1], places[0]]
  if (low.offset + low.capacity > high.offset) throw corruptHeader('its rings overlap')
  return places
}

/**
 * Writes the header of a new segment.
 *
 * @param memory Zeroed memory of at least `segmentSize(capacity0, capacity1)` bytes.
 * @param capacity0 Bytes of the ring that side 0 writes; a valid capacity.
 * @param capacity1 Bytes of the ring that side 1 writes; a valid capacity.
 */
export function writeLayout(memory: ArrayBufferLike, capacity0: number, capacity1: number): void {
  const words = new Uint32Array(memory, 0, RING_CAPACITY_OFFSET / 4 + 3)
  words[VERSION_MAJOR_OFFSET / 4] = VERSION_MAJOR
  words[VERSION_MINOR_OFFSET / 4] = VERSION_MINOR
  words[TOTAL_SIZE_OFFSET / 4] = segmentSize(capacity0, capacity1)
  words[RING_OFFSET_OFFSET / 4] = HEADER_SIZE
  words[RING_CAPACITY_OFFSET / 4] = capacity0
  words[RING_OFFSET_OFFSET / 4 + 2] = HEADER_SIZE + capacity0
  words[RING_CAPACITY_OFFSET / 4 + 2] = capacity1
  Atomics.store(words, MAGIC_OFFSET / 4, MAGIC)
}

function corruptHeader(found: string): SharedChannelError {
  return new SharedChannelError('CORRUPT', `This memory is not a Shared Channel segment: ${found}.`)
}
