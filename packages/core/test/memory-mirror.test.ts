// Two memories and a mirror in each, and whatever carries it between them: here nothing at all.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FLAG_FIRST,
  FLAG_LAST,
  HEADER_SIZE,
  readLayout,
  type Side,
  STATE_CLOSED,
  STATE_GONE,
  STATE_LOST,
  STATE_OPEN,
  segmentSize,
  WAITING_FOR_DATA,
  WAITING_FOR_ROOM,
  writeLayout,
} from '../src/layout.ts'
import { MemoryMirror } from '../src/memory-mirror.ts'
import { AGAIN, Bell, OK, RingReader, RingWriter } from '../src/ring.ts'
import { pattern } from './helpers/bytes.ts'

/** One memory: the side that lives there, and the mirror that plays the other. */
function openSide(side: Side, capacity0 = 4096, capacity1 = 8192) {
  const memory = new ArrayBuffer(segmentSize(capacity0, capacity1))
  writeLayout(memory, capacity0, capacity1)
  const far: Side = side === 0 ? 1 : 0
  const places = readLayout(memory)
  const mirror = new MemoryMirror(memory, far)
  mirror.collect()
  return {
    memory,
    mirror,
    writer: new RingWriter(memory, places[side], side),
    reader: new RingReader(memory, places[far], far),
    bell: new Bell(memory, side),
    farBell: new Bell(memory, far),
  }
}
type OpenSide = ReturnType<typeof openSide>

function write({ writer }: OpenSide, payload: Uint8Array): boolean {
  const offset = writer.tryReserve(payload.length)
  if (offset === AGAIN) return false
  writer.bytes.set(payload, offset)
  writer.commit(payload.length, FLAG_FIRST | FLAG_LAST)
  return true
}

/** The next record; undefined when there is none. */
function read({ reader }: OpenSide): Uint8Array | undefined {
  const status = reader.tryRead()
  expect([OK, AGAIN]).toContain(status)
  if (status === AGAIN) return undefined
  const payload = reader.bytes.slice(reader.offset, reader.offset + reader.length)
  reader.pop()
  return payload
}

const corrupt = (message: string) =>
  expect.objectContaining({ code: 'CORRUPT', message: expect.stringContaining(message) })

it('what one side writes, and gives back, in any order and however late it is carried over, is there on the other', () => {
  const act = fc.tuple(
    fc.nat(1),
    fc.constantFrom('write', 'write', 'read', 'read', 'publish', 'carry', 'carry'),
    fc.nat(1200),
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 400 }), (acts) => {
      const sides = [openSide(0), openSide(1)] as const
      const sent: Uint8Array[][] = [[], []]
      const received: Uint8Array[][] = [[], []]
      const carry = (from: number) => {
        const progress = sides[from]?.mirror.collect()
        if (progress !== undefined) sides[1 - from]?.mirror.write(progress)
      }
      for (const [index, what, size] of acts) {
        const side = sides[index] as OpenSide
        if (what === 'write') {
          const payload = pattern(size, size)
          if (write(side, payload)) sent[index]?.push(payload)
        } else if (what === 'read') {
          const payload = read(side)
          if (payload !== undefined) received[index]?.push(payload)
        } else if (what === 'publish') {
          side.reader.publish()
        } else {
          carry(index)
        }
      }
      for (const from of [0, 1]) {
        carry(from)
        const to = sides[1 - from] as OpenSide
        for (let payload = read(to); payload !== undefined; payload = read(to)) received[1 - from]?.push(payload)
        to.reader.publish()
        carry(1 - from)
        expect(received[1 - from]).toEqual(sent[from])
        expect(sides[from]?.writer.isRead()).toBe(true)
      }
    }),
  )
})

it('a piece that goes over the end of the ring stays whole', () => {
  const [from, to] = [openSide(0), openSide(1)]
  const sizes = [2000, 1500, 500, 1000, 20]
  for (const [seed, size] of sizes.entries()) {
    if (seed === 2) {
      to.mirror.write(from.mirror.collect() ?? {})
      for (let i = 0; i < 2; i++) expect(read(to)).toEqual(pattern(sizes[i] as number, i))
      to.reader.publish()
      from.mirror.write(to.mirror.collect() ?? {})
    }
    expect(write(from, pattern(size, seed))).toBe(true)
  }
  to.mirror.write(from.mirror.collect() ?? {})
  for (let i = 2; i < sizes.length; i++) expect(read(to)).toEqual(pattern(sizes[i] as number, i))
})

const BELL_OF_SIDE_1 = (384 + 384) / 4

describe('waking', () => {
  it('is asked for, for data and for room, each time that it has looked', () => {
    const side = openSide(0)
    for (let i = 0; i < 2; i++) {
      expect(side.farBell.take(WAITING_FOR_DATA)).toBe(true)
      expect(side.farBell.take(WAITING_FOR_ROOM)).toBe(true)
      expect(side.farBell.take(WAITING_FOR_ROOM)).toBe(false)
      side.mirror.collect()
    }
  })

  it('is due to who waits for just that', () => {
    const [from, to] = [openSide(0), openSide(1)]
    const carry = () => to.mirror.write(from.mirror.collect() ?? {})
    write(from, pattern(8))
    expect(carry()).toBe(false)
    to.bell.announce(WAITING_FOR_ROOM)
    write(from, pattern(8))
    expect(carry()).toBe(false)
    to.bell.announce(WAITING_FOR_DATA)
    write(from, pattern(8))
    expect(carry()).toBe(true)
    write(to, pattern(8))
    from.mirror.write(to.mirror.collect() ?? {})
    read(from)
    from.reader.publish()
    expect(carry()).toBe(true) // the announcement for room stood
  })
})

describe('the end', () => {
  it('comes behind what was written before', () => {
    const [from, to] = [openSide(0), openSide(1)]
    write(from, pattern(8))
    from.bell.state = STATE_CLOSED
    const progress = from.mirror.collect() ?? {}
    expect(progress).toEqual({ bytes: expect.any(ArrayBuffer), state: STATE_CLOSED })
    expect(from.mirror.isNearClosed).toBe(true)
    const bell = () => new Int32Array(to.memory)[BELL_OF_SIDE_1]
    const before = bell() as number
    expect(to.mirror.write(progress)).toBe(true) // whatever it waits for
    expect(bell()).toBe(before + 1)
    expect(to.farBell.state).toBe(STATE_CLOSED)
    expect(from.mirror.collect()).toBeUndefined()
    from.bell.state = STATE_GONE
    expect(from.mirror.collect()).toEqual({ state: STATE_GONE })
  })

  it('is not that a side has come', () => {
    const side = openSide(0)
    side.bell.state = STATE_OPEN
    expect(side.mirror.collect()).toBeUndefined()
  })
})

describe('what cannot be is refused', () => {
  const words = ({ memory }: OpenSide) => new Int32Array(memory)
  const TAIL_OF_RING_0 = 896 / 4
  const HEAD_OF_RING_1 = 1280 / 4
  const STATE_OF_SIDE_0 = 128 / 4

  it.each([
    ['beyond the ring', 4096 + 8],
    ['between two records', 12],
    ['in the past', -8],
    ['half the numbers away', -(2 ** 31)],
  ])('from the side here: a writing position %s', (_, tail) => {
    const side = openSide(0)
    words(side)[TAIL_OF_RING_0] = tail
    expect(() => side.mirror.collect()).toThrow(corrupt('position'))
  })

  it.each([
    ['beyond what was written', 24],
    ['between two records', 4],
    ['in the past', -8],
  ])('from the side here: a reading position %s', (_, head) => {
    const side = openSide(0)
    side.mirror.write({ bytes: new ArrayBuffer(16) })
    words(side)[HEAD_OF_RING_1] = head
    expect(() => side.mirror.collect()).toThrow(corrupt('position'))
  })

  it.each([-1, 5])('from the side here: the state %i', (state) => {
    const side = openSide(0)
    words(side)[STATE_OF_SIDE_0] = state
    expect(() => side.mirror.collect()).toThrow(corrupt('state'))
  })

  it.each([0, 4, 12, 8192 + 8])('from the far side: %i bytes', (size) => {
    const side = openSide(0)
    expect(() => side.mirror.write({ bytes: new ArrayBuffer(size) })).toThrow(corrupt('more than there is room for'))
  })

  it('from the far side: more than was given back', () => {
    const side = openSide(0)
    side.mirror.write({ bytes: new ArrayBuffer(8192 - 8) })
    expect(() => side.mirror.write({ bytes: new ArrayBuffer(16) })).toThrow(corrupt('more than there is room for'))
    // Room that nobody has collected is room that the far side does not know of.
    words(side)[HEAD_OF_RING_1] = 16
    expect(() => side.mirror.write({ bytes: new ArrayBuffer(16) })).toThrow(corrupt('more than there is room for'))
    side.mirror.collect()
    side.mirror.write({ bytes: new ArrayBuffer(24) })
  })

  it.each([0, -8, 4, 24, 8.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])(
    'from the far side: room of %d',
    (room) => {
      const side = openSide(0)
      write(side, pattern(8))
      side.mirror.collect()
      expect(() => side.mirror.write({ room })).toThrow(corrupt('never got'))
      side.mirror.write({ room: 16 })
    },
  )

  it.each([0, 1, 5, -1, 2.5, Number.NaN])('from the far side: the state %d', (state) => {
    expect(() => openSide(0).mirror.write({ state })).toThrow(corrupt('state'))
  })

  it('from the far side: a state that was before', () => {
    const side = openSide(0)
    side.mirror.write({ state: STATE_LOST })
    for (const state of [STATE_LOST, STATE_CLOSED]) expect(() => side.mirror.write({ state })).toThrow(corrupt('state'))
  })

  it('memory that is no segment', () => {
    expect(() => new MemoryMirror(new ArrayBuffer(HEADER_SIZE), 0)).toThrow(corrupt('not a Shared Channel segment'))
  })
})

it('begins anew with empty rings, and tells again that its side has closed', () => {
  const [from, to] = [openSide(0), openSide(1)]
  write(from, pattern(8))
  from.bell.state = STATE_CLOSED
  to.mirror.write(from.mirror.collect() ?? {})
  write(to, pattern(8))
  expect([from.mirror.countUnread(), to.mirror.countUnread()]).toEqual([1, 2])
  from.mirror.restart()
  to.mirror.restart()
  expect(to.farBell.state).toBe(STATE_OPEN)
  expect(to.reader.hasMore()).toBe(false)
  expect(from.mirror.collect()).toEqual({ state: STATE_CLOSED })
})
