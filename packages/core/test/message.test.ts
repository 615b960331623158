import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { SharedChannelError } from '../src/errors.ts'
import {
  FLAG_ABANDONED,
  FLAG_CALL,
  FLAG_CONTROL,
  FLAG_FIRST,
  FLAG_LAST,
  FLAG_REPLY,
  FRAGMENT_PREFIX_SIZE,
  fragmentPayload,
  HEADER_SIZE,
  MAX_MESSAGE_TYPE,
  maxRecordPayload,
} from '../src/layout.ts'
import { MESSAGE, MessageReader, MessageWriter, type OutgoingMessage } from '../src/message.ts'
import { AGAIN, OK, RingReader, RingWriter } from '../src/ring.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'

const CAPACITY = 4096
const ONE_RECORD = maxRecordPayload(CAPACITY)
const FRAGMENT = fragmentPayload(CAPACITY)

function newMessages(maxMessageBytes = 1 << 20) {
  const memory = new SharedArrayBuffer(HEADER_SIZE + CAPACITY)
  const place = { offset: HEADER_SIZE, capacity: CAPACITY }
  const ringOut = new RingWriter(memory, place, 0)
  const ringIn = new RingReader(memory, place, 0)
  const reader = new MessageReader(ringIn, maxMessageBytes)
  return {
    ringOut,
    ringIn,
    reader,
    writer: new MessageWriter(ringOut),
    /** The payload of the message that the reader found. */
    payload: () => reader.assembled ?? ringIn.bytes.slice(reader.offset, reader.offset + reader.length),
    /** Writes a record as a writer that does as it likes. */
    record(tag: number, ...parts: Uint8Array[]) {
      const payload = Buffer.concat(parts)
      const offset = ringOut.tryReserve(payload.length)
      if (offset < 0) return false
      ringOut.bytes.set(payload, offset)
      ringOut.commit(payload.length, tag)
      return true
    },
  }
}

const outgoing = (tag: number, bytes: Uint8Array, call = 0, status = 0): OutgoingMessage => ({
  tag,
  call,
  status,
  bytes,
  size: bytes.byteLength,
  sent: 0,
})
const prefix = (size: number, second = 0) => new Uint8Array(new Uint32Array([size, second]).buffer)

describe('messages over a ring', () => {
  it('arrive whole, once and in order, whatever their sizes', () => {
    const size = fc.oneof(
      fc.constantFrom(0, 1, ONE_RECORD - 1, ONE_RECORD, ONE_RECORD + 1),
      fc.constantFrom(2 * FRAGMENT - 9, 2 * FRAGMENT - 8, 2 * FRAGMENT - 7, 5 * FRAGMENT - 8, 5 * CAPACITY),
      fc.nat(300),
      fc.nat(6 * CAPACITY),
    )
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 30 }), fc.nat(MAX_MESSAGE_TYPE), (sizes, id) => {
        const { writer, reader, ringIn, payload } = newMessages()
        const waiting = sizes.map((size, index) => outgoing((id + index) & MAX_MESSAGE_TYPE, pattern(size, index)))
        let received = 0
        for (let quiet = 0; received < sizes.length && quiet < 3; quiet++) {
          for (let next = waiting[0]; next !== undefined && writer.tryWrite(next) === OK; next = waiting[0])
            waiting.shift()
          while (reader.next() === MESSAGE) {
            expect(reader.id).toBe((id + received) & MAX_MESSAGE_TYPE)
            expectBytes(payload(), pattern(sizes[received] ?? 0, received))
            received++
            quiet = 0
          }
          if (ringIn.publish()) quiet = 0
        }
        expect(received).toBe(sizes.length)
      }),
    )
  })

  it('that fit are one record, read where it lies; longer ones are put together in memory of their own', () => {
    const { writer, reader, ringIn } = newMessages()
    expect(writer.fitsOneRecord(1, ONE_RECORD)).toBe(true)
    expect(writer.fitsOneRecord(1, ONE_RECORD + 1)).toBe(false)
    writer.tryWrite(outgoing(1, pattern(ONE_RECORD)))
    expect(reader.next()).toBe(MESSAGE)
    expect(reader.assembled).toBeUndefined()
    reader.release()
    ringIn.publish()
    expect(writer.tryWrite(outgoing(1, pattern(ONE_RECORD + 1)))).toBe(OK)
    while (reader.next() === AGAIN) ringIn.publish()
    expectBytes(reader.assembled, pattern(ONE_RECORD + 1))
  })

  it('that are longer than the ring give their room back as they come', () => {
    const { writer, reader, ringIn } = newMessages()
    expect(writer.tryWrite(outgoing(1, pattern(CAPACITY)))).toBe(AGAIN)
    expect(reader.next()).toBe(AGAIN)
    // A quarter of the ring was read, and not more before it is given back.
    expect(ringIn.shouldPublish()).toBe(true)
    expect(ringIn.hasMore()).toBe(true)
  })

  it('can be kept from where they stopped', () => {
    const { writer, reader, ringIn, payload } = newMessages()
    const whole = pattern(3 * CAPACITY)
    const message = outgoing(9, whole)
    expect(writer.tryWrite(message)).toBe(AGAIN)
    expect(message.sent).toBeGreaterThan(0)
    message.bytes = whole.slice(message.sent)
    while (reader.next() === AGAIN) {
      ringIn.publish()
      writer.tryWrite(message)
    }
    expectBytes(payload(), whole)
  })

  it('that were abandoned are dropped, and the next one arrives', () => {
    const { record, reader, payload, ringIn } = newMessages()
    record(7 | FLAG_FIRST, prefix(5000), pattern(500))
    record(7, pattern(500))
    record(0 | FLAG_ABANDONED)
    record(8 | FLAG_FIRST | FLAG_LAST, pattern(20, 8))
    while (reader.next() === AGAIN) ringIn.publish()
    expect(reader.id).toBe(8)
    expectBytes(payload(), pattern(20, 8))
    expect(reader.next()).toBe(AGAIN)
  })

  it('may be abandoned where there is nothing to drop', () => {
    const { record, reader } = newMessages()
    record(FLAG_ABANDONED)
    record(5 | FLAG_FIRST | FLAG_LAST)
    expect(reader.next()).toBe(MESSAGE)
    expect([reader.id, reader.length]).toEqual([5, 0])
  })
})

describe('calls and replies', () => {
  it.each([
    ['a call', FLAG_CALL, 2 ** 32 - 1, 0],
    ['a reply', FLAG_REPLY, 5, 1],
  ])('carry a number and a status: %s, in one record or in fragments', (_, flag, call, status) => {
    const { writer, reader, ringIn, payload } = newMessages()
    const sizes = [0, 1, ONE_RECORD - 8, ONE_RECORD - 7, 2 * FRAGMENT - 16, 2 * FRAGMENT - 15, 5 * CAPACITY]
    for (const [index, size] of sizes.entries()) {
      const message = outgoing(9 | flag, pattern(size, index), call, status)
      while (writer.tryWrite(message) !== OK) {
        reader.next()
        ringIn.publish()
      }
      while (reader.next() === AGAIN) ringIn.publish()
      expect([reader.id, reader.kind, reader.call, reader.status]).toEqual([9, flag, call, status])
      expect(reader.length).toBe(size)
      expect(reader.assembled === undefined).toBe(size <= ONE_RECORD - 8)
      expectBytes(payload(), pattern(size, index))
      reader.release()
      ringIn.publish()
    }
  })

  it('count with their head when it is asked whether they fit one record', () => {
    const { writer } = newMessages()
    expect(writer.fitsOneRecord(1 | FLAG_CALL, ONE_RECORD - 8)).toBe(true)
    expect(writer.fitsOneRecord(1 | FLAG_CALL, ONE_RECORD - 7)).toBe(false)
    expect(writer.fitsOneRecord(1 | FLAG_REPLY, ONE_RECORD - 7)).toBe(false)
  })

  it('may be as large as maxMessageBytes; their head does not count', () => {
    for (const size of [100, 3000]) {
      const { writer, reader, ringIn } = newMessages(size)
      expect(writer.tryWrite(outgoing(1 | FLAG_CALL, pattern(size), 1))).toBe(OK)
      while (reader.next() === AGAIN) ringIn.publish()
      expect(reader.length).toBe(size)
    }
    const { writer, reader } = newMessages(2999)
    writer.tryWrite(outgoing(1 | FLAG_CALL, pattern(3000), 1))
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
  })

  it('go among plain messages, which have no head', () => {
    const { writer, reader } = newMessages()
    writer.tryWrite(outgoing(1 | FLAG_CALL, pattern(8, 1), 7))
    writer.tryWrite(outgoing(1, pattern(8, 2)))
    writer.tryWrite(outgoing(1 | FLAG_REPLY, pattern(8, 3), 8, 1))
    const kinds: number[] = []
    while (reader.next() === MESSAGE) kinds.push(reader.kind)
    expect(kinds).toEqual([FLAG_CALL, 0, FLAG_REPLY])
  })
})

describe('control records', () => {
  it('have no type and no head, in one record or in fragments', () => {
    const { writer, reader, ringIn, payload } = newMessages()
    for (const size of [0, 1, ONE_RECORD, ONE_RECORD + 1, 5 * CAPACITY]) {
      expect(writer.fitsOneRecord(FLAG_CONTROL, size)).toBe(size <= ONE_RECORD)
      const message = outgoing(FLAG_CONTROL, pattern(size, size))
      while (writer.tryWrite(message) !== OK) {
        reader.next()
        ringIn.publish()
      }
      while (reader.next() === AGAIN) ringIn.publish()
      expect([reader.id, reader.kind, reader.length]).toEqual([0, FLAG_CONTROL, size])
      expectBytes(payload(), pattern(size, size))
      reader.release()
      ringIn.publish()
    }
  })
})

describe('giving up', () => {
  it('a message half written has the reader drop it; the next one arrives', () => {
    const { writer, reader, ringIn, payload } = newMessages()
    const half = outgoing(1, pattern(3 * CAPACITY))
    expect(writer.tryWrite(half)).toBe(AGAIN)
    expect(half.sent).toBeGreaterThan(0)
    writer.abandon(half)
    const next = outgoing(2, pattern(20))
    while (writer.tryWrite(next) !== OK) {
      expect(reader.next()).toBe(AGAIN)
      ringIn.publish()
    }
    while (reader.next() === AGAIN) ringIn.publish()
    expect(reader.id).toBe(2)
    expectBytes(payload(), pattern(20))
  })

  it('marks it once', () => {
    const { writer, reader, ringIn } = newMessages()
    const half = outgoing(1, pattern(3 * CAPACITY))
    writer.tryWrite(half)
    writer.abandon(half)
    reader.next()
    ringIn.publish()
    const tags: number[] = []
    for (const id of [2, 3]) {
      expect(writer.tryWriteWhole(id, pattern(8), 0, 0)).toBe(OK)
    }
    while (ringIn.tryRead() === OK) {
      tags.push(ringIn.tag)
      ringIn.pop()
    }
    const whole = FLAG_FIRST | FLAG_LAST
    expect(tags.slice(-3)).toEqual([FLAG_ABANDONED, 2 | whole, 3 | whole])
  })

  it('one that was not started writes nothing', () => {
    const { writer, ringIn } = newMessages()
    const untouched = outgoing(1, pattern(3 * CAPACITY))
    writer.abandon(untouched)
    writer.tryWriteWhole(2, pattern(8), 0, 0)
    expect(ringIn.tryRead()).toBe(OK)
    expect(ringIn.tag).toBe(2 | FLAG_FIRST | FLAG_LAST)
  })

  it('is seen in front of a reserved message and of another fragmented one too', () => {
    for (const behind of ['reserved', 'fragments'] as const) {
      const { writer, reader, ringIn, ringOut, payload } = newMessages()
      const half = outgoing(1, pattern(3 * CAPACITY))
      writer.tryWrite(half)
      writer.abandon(half)
      while (reader.next() !== AGAIN || ringIn.publish());
      if (behind === 'reserved') {
        const offset = writer.tryReserve(16)
        ringOut.bytes.set(pattern(16), offset)
        writer.commit(16, 5)
      } else {
        expect(writer.tryWrite(outgoing(5, pattern(3000)))).toBe(OK)
      }
      while (reader.next() === AGAIN) ringIn.publish()
      expect(reader.id).toBe(5)
      expectBytes(payload(), pattern(behind === 'reserved' ? 16 : 3000))
    }
  })

  it('a call half written is a call that nobody sees', () => {
    const { writer, reader, ringIn } = newMessages()
    const half = outgoing(1 | FLAG_CALL, pattern(3 * CAPACITY), 4)
    writer.tryWrite(half)
    writer.abandon(half)
    while (reader.next() !== AGAIN || ringIn.publish());
    writer.tryWriteWhole(2, pattern(8), 0, 0)
    while (reader.next() === AGAIN) ringIn.publish()
    expect([reader.id, reader.kind]).toEqual([2, 0])
  })
})

describe('what a hostile writer can send', () => {
  const whole = FLAG_FIRST | FLAG_LAST
  it.each<[string, (record: ReturnType<typeof newMessages>['record']) => void]>([
    ['unknown flags', (record) => record(1 | FLAG_FIRST | (1 << 31), prefix(100))],
    ['the middle of a message that never began', (record) => record(1, pattern(8))],
    ['the end of a message that never began', (record) => record(1 | FLAG_LAST, pattern(8))],
    ['a beginning without a length', (record) => record(1 | FLAG_FIRST, pattern(4))],
    ['a beginning whose second word is not zero', (record) => record(1 | FLAG_FIRST, prefix(100, 1))],
    ['an abandonment with a payload', (record) => record(FLAG_ABANDONED, pattern(8))],
    ['a message inside another', (record) => record(1 | FLAG_FIRST, prefix(100)) && record(1 | whole)],
    [
      'a beginning inside a message',
      (record) => record(1 | FLAG_FIRST, prefix(9)) && record(1 | FLAG_FIRST, prefix(9)),
    ],
    ['a fragment of another type', (record) => record(1 | FLAG_FIRST, prefix(100)) && record(2, pattern(8))],
    ['more than it announced', (record) => record(1 | FLAG_FIRST, prefix(10), pattern(4)) && record(1, pattern(7))],
    ['more than it announced at once', (record) => record(1 | FLAG_FIRST, prefix(10), pattern(11))],
    ['a call that is a reply', (record) => record(1 | whole | FLAG_CALL | FLAG_REPLY, prefix(1))],
    ['a call without a number', (record) => record(1 | whole | FLAG_CALL, pattern(7))],
    ['a call in fragments without a number', (record) => record(1 | FLAG_FIRST | FLAG_CALL, prefix(100), pattern(7))],
    [
      'a call in fragments that announces less than its number',
      (record) => record(1 | FLAG_FIRST | FLAG_CALL, prefix(7), pattern(16)),
    ],
    [
      'a call that goes on as a message',
      (record) => record(1 | FLAG_FIRST | FLAG_CALL, prefix(30), prefix(1)) && record(1, pattern(8)),
    ],
    ['a mark of abandonment that is a call', (record) => record(FLAG_ABANDONED | FLAG_CALL)],
    ['a control record of a type', (record) => record(1 | whole | FLAG_CONTROL)],
    ['a fragment of a control record of a type', (record) => record(1 | FLAG_FIRST | FLAG_CONTROL, prefix(100))],
    ['a control record that is a call', (record) => record(whole | FLAG_CONTROL | FLAG_CALL, prefix(1))],
    ['a control record that is a reply', (record) => record(whole | FLAG_CONTROL | FLAG_REPLY, prefix(1))],
    ['all of them at once', (record) => record(whole | FLAG_CONTROL | FLAG_CALL | FLAG_REPLY, prefix(1))],
    [
      'a control record that goes on as a message',
      (record) => record(FLAG_FIRST | FLAG_CONTROL, prefix(30)) && record(0, pattern(8)),
    ],
    [
      'a message that goes on as a control record',
      (record) => record(FLAG_FIRST, prefix(30)) && record(FLAG_CONTROL, pattern(8)),
    ],
    ['a control record that is abandoned', (record) => record(FLAG_ABANDONED | FLAG_CONTROL)],
    ['less than it announced', (record) => record(1 | FLAG_FIRST, prefix(10)) && record(1 | FLAG_LAST, pattern(9))],
  ])('%s is found out', (_, attack) => {
    const { record, reader } = newMessages()
    attack(record)
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })

  it('is nothing above maxMessageBytes, in one record or announced for fragments', () => {
    const exact = newMessages(100)
    exact.record(1 | whole, pattern(100))
    expect(exact.reader.next()).toBe(MESSAGE)

    const single = newMessages(100)
    single.record(1 | whole, pattern(101))
    expect(() => single.reader.next()).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))

    const announced = newMessages(100)
    announced.record(1 | FLAG_FIRST, prefix(2 ** 32 - 1))
    expect(() => announced.reader.next()).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
  })

  it('is OUT_OF_MEMORY when there is no room for what it announces', () => {
    const { record, reader } = newMessages(2 ** 32 - 1)
    record(1 | FLAG_FIRST, prefix(2 ** 31))
    const Original = Uint8Array
    vi.stubGlobal(
      'Uint8Array',
      class extends Original {
        constructor(size: number) {
          if (size >= 2 ** 31) throw new RangeError('Array buffer allocation failed')
          super(size)
        }
      },
    )
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }))
  })

  it('is a message within the limits, or an error, whatever records it makes', () => {
    const ends = fc.constantFrom(0, FLAG_FIRST, FLAG_LAST, whole, FLAG_ABANDONED, -(2 ** 31))
    const kinds = fc.constantFrom(0, 0, FLAG_CALL, FLAG_REPLY, FLAG_CONTROL, FLAG_CALL | FLAG_REPLY)
    const flags = fc.tuple(ends, kinds).map(([end, kind]) => end | kind)
    const made = fc.record({ id: fc.nat(2), flags, size: fc.nat(200), announced: fc.oneof(fc.nat(300), fc.nat(1e9)) })
    const codes = new Set<string>()
    fc.assert(
      fc.property(fc.array(made, { minLength: 1, maxLength: 40 }), (records) => {
        const { record, reader, ringIn } = newMessages(250)
        for (const { id, flags, size, announced } of records) {
          const start = (flags & whole) === FLAG_FIRST ? prefix(announced) : new Uint8Array()
          if (!record(id | flags, start, new Uint8Array(size - (size % 8)))) break
        }
        try {
          for (;;) {
            const found = reader.next()
            if (found === MESSAGE) {
              codes.add('a message')
              expect(reader.length).toBeLessThanOrEqual(250)
            } else if (!ringIn.publish()) break
          }
        } catch (error) {
          if (!(error instanceof SharedChannelError)) throw error
          codes.add(error.code)
        }
      }),
      { numRuns: 1000 },
    )
    expect(codes).toEqual(new Set(['a message', 'CORRUPT', 'MESSAGE_TOO_LARGE']))
  })
})

it('holds a fragment prefix of one length and a zero', () => {
  const { writer, ringIn } = newMessages()
  writer.tryWrite(outgoing(3, pattern(ONE_RECORD + 1)))
  expect(ringIn.tryRead()).toBe(OK)
  expect(ringIn.tag).toBe(3 | FLAG_FIRST)
  expect(ringIn.length).toBe(FRAGMENT)
  const words = new Uint32Array(ringIn.bytes.slice(ringIn.offset, ringIn.offset + FRAGMENT_PREFIX_SIZE).buffer)
  expect([...words]).toEqual([ONE_RECORD + 1, 0])
})
