import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  alignRecord,
  FLAG_FILLER,
  FLAG_FIRST,
  FLAG_LAST,
  HEAD_OFFSET,
  HEADER_SIZE,
  maxRecordPayload,
  RECORD_HEAD_SIZE,
  RING_STRIDE,
  TAIL_OFFSET,
} from '../src/layout.ts'
import { AGAIN, CORRUPT, OK, RingReader, RingWriter } from '../src/ring.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'

const CAPACITY = 4096
const LARGEST = maxRecordPayload(CAPACITY)
/** The ring lies between two canaries. */
const PLACE = { offset: HEADER_SIZE + 128, capacity: CAPACITY }
const CANARY = 0xab
const RING = 1
const TAIL = (TAIL_OFFSET + RING_STRIDE * RING) / 4
const HEAD = (HEAD_OFFSET + RING_STRIDE * RING) / 4

function newRing() {
  const memory = new SharedArrayBuffer(PLACE.offset + CAPACITY + 128)
  const header = new Int32Array(memory, 0, HEADER_SIZE / 4)
  new Uint8Array(memory).fill(CANARY)
  new Uint8Array(memory, PLACE.offset, CAPACITY).fill(0)
  header[TAIL] = header[HEAD] = 0
  return {
    memory,
    header,
    words: new Uint32Array(memory, PLACE.offset, CAPACITY / 4),
    writer: new RingWriter(memory, PLACE, RING),
    reader: new RingReader(memory, PLACE, RING),
  }
}

/** Everything but the ring and its two positions is as it was. */
function expectCanaries(memory: SharedArrayBuffer): void {
  const outside = new Uint8Array(memory).slice()
  outside.fill(CANARY, PLACE.offset, PLACE.offset + CAPACITY)
  for (const word of [TAIL, HEAD]) outside.fill(CANARY, word * 4, word * 4 + 4)
  expect(outside.every((byte) => byte === CANARY)).toBe(true)
}

function write(writer: RingWriter, payload: Uint8Array, tag: number): number {
  const offset = writer.tryReserve(payload.byteLength)
  if (offset < 0) return offset
  writer.bytes.set(payload, offset)
  writer.commit(payload.byteLength, tag)
  return OK
}

describe('a ring', () => {
  it('gives back what was written, in order, at any size, as often as it wraps', () => {
    const { writer, reader, memory } = newRing()
    const edges = [0, 1, 7, 8, 9, LARGEST - 9, LARGEST - 8, LARGEST - 7, LARGEST - 1, LARGEST]
    for (let round = 0; round < 2000; round++) {
      const size = edges[(round * 7) % edges.length] ?? 0
      expect(write(writer, pattern(size, round), round)).toBe(OK)
      expect(reader.tryRead()).toBe(OK)
      expect(reader.tag).toBe(round)
      expectBytes(reader.bytes.subarray(reader.offset, reader.offset + reader.length), pattern(size, round))
      expect(reader.offset % 8).toBe(0)
      reader.pop()
      expect(reader.tryRead()).toBe(AGAIN)
      reader.publish()
    }
    expectCanaries(memory)
  })

  it('behaves as a queue with a place for each record', () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), size: fc.oneof(fc.nat(64), fc.nat(LARGEST)) }),
      fc.record({ kind: fc.constant('read' as const) }),
      fc.record({ kind: fc.constant('publish' as const) }),
    )
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const { writer, reader, memory } = newRing()
        /** Records in the ring; the model of the positions is in whole bytes since the start. */
        const queue: { payload: Uint8Array; tag: number; end: number }[] = []
        let tail = 0
        let read = 0
        let head = 0
        let tag = 0
        for (const operation of operations) {
          if (operation.kind === 'write') {
            const record = RECORD_HEAD_SIZE + alignRecord(operation.size)
            const toEnd = CAPACITY - (tail % CAPACITY)
            const needed = record > toEnd ? toEnd + record : record
            const payload = pattern(operation.size, ++tag)
            const fits = tail + needed - head <= CAPACITY
            expect(write(writer, payload, tag)).toBe(fits ? OK : AGAIN)
            if (!fits) continue
            tail += needed
            queue.push({ payload, tag, end: tail })
          } else if (operation.kind === 'read') {
            const expected = queue.shift()
            expect(reader.hasMore()).toBe(expected !== undefined)
            expect(reader.tryRead()).toBe(expected === undefined ? AGAIN : OK)
            if (expected === undefined) continue
            expect(reader.tag).toBe(expected.tag)
            expectBytes(reader.bytes.subarray(reader.offset, reader.offset + reader.length), expected.payload)
            reader.pop()
            read = expected.end
            expect(reader.shouldPublish()).toBe(read - head >= CAPACITY / 4)
          } else {
            expect(reader.publish()).toBe(head !== read)
            head = read
          }
        }
        expectCanaries(memory)
      }),
    )
  })

  it('shows a record only when it is committed, and forgets one that is reserved anew', () => {
    const { writer, reader } = newRing()
    writer.tryReserve(100)
    expect(reader.tryRead()).toBe(AGAIN)
    const offset = writer.tryReserve(8)
    writer.bytes.fill(9, offset, offset + 4)
    writer.commit(4, 5)
    expect(reader.tryRead()).toBe(OK)
    expect([reader.length, reader.tag]).toEqual([4, 5])
    reader.pop()
    expect(reader.tryRead()).toBe(AGAIN)
  })

  it('forgets the filler in front of room that is reserved anew', () => {
    const { writer, reader } = newRing()
    write(writer, pattern(LARGEST), 1)
    write(writer, pattern(LARGEST - 64), 2)
    for (let i = 0; i < 2; i++) {
      reader.tryRead()
      reader.pop()
    }
    reader.publish()
    expect(writer.tryReserve(100)).toBe(RECORD_HEAD_SIZE) // only at the start of the ring
    expect(writer.tryReserve(40)).toBe(CAPACITY - 64 + RECORD_HEAD_SIZE)
    writer.commit(40, 3)
    expect(reader.tryRead()).toBe(OK)
    expect([reader.offset, reader.length, reader.tag]).toEqual([CAPACITY - 64 + RECORD_HEAD_SIZE, 40, 3])
  })

  it('goes on beyond position 2^32', () => {
    const { writer, reader, header } = newRing()
    const record = LARGEST + RECORD_HEAD_SIZE
    const records = 2 ** 32 / record + 3
    const wrong: number[] = []
    for (let i = 0; i < records; i++) {
      writer.tryReserve(LARGEST)
      writer.commit(LARGEST, i)
      if (reader.tryRead() !== OK || reader.tag !== i) wrong.push(i)
      reader.pop()
      reader.publish()
    }
    expect(wrong).toEqual([])
    expect(header[TAIL]).toBe(3 * record)
    expect(header[HEAD]).toBe(3 * record)
  })
})

describe('a hostile writer', () => {
  it.each([
    ['more than the ring holds', CAPACITY + 8],
    ['behind the reader', -8],
    ['between two records', 12],
    ['half the numbers away', 2 ** 31],
  ])('that publishes a position %s is found out', (_, tail) => {
    const { reader, header } = newRing()
    header[TAIL] = tail
    expect(reader.tryRead()).toBe(CORRUPT)
  })

  it('that goes back over records which were not given back is found out', () => {
    const { writer, reader, header } = newRing()
    write(writer, pattern(8), 1)
    write(writer, pattern(8), 2)
    reader.tryRead()
    reader.pop()
    reader.tryRead()
    reader.pop()
    header[TAIL] = 16
    expect(reader.tryRead()).toBe(CORRUPT)
  })

  it.each([
    ['near 2^32, which would round up to a small one', 2 ** 32 - 1, FLAG_FIRST],
    ['above the capacity', CAPACITY, FLAG_FIRST],
    ['above the largest record', LARGEST + 1, FLAG_FIRST],
    ['beyond what was published', 200, FLAG_FIRST],
    ['of a filler that does not end with the ring', 8, FLAG_FILLER],
  ])('that writes a length %s is found out', (_, length, tag) => {
    const { reader, header, words } = newRing()
    words[0] = length
    words[1] = tag
    header[TAIL] = length > 200 ? CAPACITY : 96
    expect(reader.tryRead()).toBe(CORRUPT)
  })

  it.each([
    ['record', FLAG_FIRST | FLAG_LAST, 16],
    ['filler, near 2^32', FLAG_FILLER, 2 ** 32 - 1],
  ])('that writes a %s that goes beyond the end of the ring is found out', (_, tag, length) => {
    const { writer, reader, header, words } = newRing()
    write(writer, pattern(LARGEST), 1)
    write(writer, pattern(LARGEST - 8), 1)
    for (let i = 0; i < 2; i++) {
      reader.tryRead()
      reader.pop()
    }
    reader.publish()
    words[0] = 8 // what would come next is in order
    // Eight bytes are left up to the end.
    words[CAPACITY / 4 - 2] = length
    words[CAPACITY / 4 - 1] = tag
    header[TAIL] = CAPACITY + 1024
    expect(reader.tryRead()).toBe(CORRUPT)
  })

  it('gets the reader to touch nothing outside of the ring, whatever it writes and whenever', () => {
    const word = fc.oneof(
      fc.constantFrom(0, 8, 16, CAPACITY - 16, CAPACITY - 8, CAPACITY, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 1),
      fc.nat(LARGEST),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    )
    const tag = fc.oneof(fc.constantFrom(0, FLAG_FILLER, FLAG_FIRST | FLAG_LAST), fc.integer())
    const attack = fc.oneof(
      fc.record({ head: fc.tuple(fc.nat(CAPACITY / 8 - 1), word, tag) }),
      fc.record({
        tail: fc.oneof(
          fc.nat(CAPACITY / 4).map((n) => n * 8),
          word,
        ),
      }),
    )
    let records = 0
    fc.assert(
      fc.property(fc.array(attack, { minLength: 1, maxLength: 60 }), (attacks) => {
        const { memory, reader, header, words } = newRing()
        for (const attack of attacks) {
          if ('head' in attack) {
            words[attack.head[0] * 2] = attack.head[1]
            words[attack.head[0] * 2 + 1] = attack.head[2]
          } else header[TAIL] = attack.tail
          const status = reader.tryRead()
          expect([OK, AGAIN, CORRUPT]).toContain(status)
          if (status !== OK) continue
          records++
          expect(reader.length).toBeLessThanOrEqual(LARGEST)
          expect(reader.offset % 8).toBe(0)
          expect(reader.offset).toBeGreaterThanOrEqual(RECORD_HEAD_SIZE)
          expect(reader.offset + reader.length).toBeLessThanOrEqual(CAPACITY)
          reader.pop()
          if (reader.shouldPublish()) reader.publish()
        }
        expectCanaries(memory)
      }),
      { numRuns: 500 },
    )
    expect(records).toBeGreaterThan(100) // some attacks look like records, and were read
  })
})

describe('a hostile reader', () => {
  it.each([
    ['beyond what was written', CAPACITY + 8],
    ['behind what it had given back', -8],
    ['between two records', 4],
  ])('that publishes a position %s is found out', (_, head) => {
    const { writer, header } = newRing()
    expect(write(writer, pattern(56), 1)).toBe(OK)
    header[HEAD] = head
    for (let i = 0; i < 100; i++) {
      const status = write(writer, pattern(56), 1)
      if (status !== OK) return expect(status).toBe(CORRUPT)
    }
    throw new Error('the writer never looked')
  })

  it('gets the writer to write nowhere but into the ring, whatever it publishes', () => {
    const attack = fc.record({
      head: fc.oneof(
        fc.nat(CAPACITY / 8).map((n) => n * 8),
        fc.integer(),
      ),
      size: fc.nat(LARGEST),
    })
    let written = 0
    fc.assert(
      fc.property(fc.array(attack, { minLength: 1, maxLength: 60 }), (attacks) => {
        const { memory, writer, header } = newRing()
        for (const { head, size } of attacks) {
          header[HEAD] = head
          const offset = writer.tryReserve(size)
          if (offset < 0) {
            expect([AGAIN, CORRUPT]).toContain(offset)
            continue
          }
          written++
          expect(offset % 8).toBe(0)
          expect(offset + size).toBeLessThanOrEqual(CAPACITY)
          writer.bytes.fill(1, offset, offset + size)
          writer.commit(size, 1)
        }
        expectCanaries(memory)
      }),
      { numRuns: 500 },
    )
    expect(written).toBeGreaterThan(500)
  })
})
