import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { SharedChannelError } from '../src/errors.ts'
import * as layout from '../src/layout.ts'
import { readLayout, segmentSize, writeLayout } from '../src/layout.ts'

const HEADER_FILE = new URL('../../native/include/shared_channel/layout.h', import.meta.url)
const CAPACITIES = Array.from({ length: 19 }, (_, i) => 4096 * 2 ** i)
const KIB = 1024

/** `kFooBar` of C++ as `FOO_BAR`. */
const asConstant = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()

function headerConstants(): Record<string, number> {
  const source = readFileSync(HEADER_FILE, 'utf8')
  const found = [...source.matchAll(/inline constexpr std::uint32_t k(\w+) = (0x[\da-fA-F]+|\d+);/g)]
  // Each constant of the file must be one that was understood, or the comparison would be of a part.
  expect(found.length).toBe(source.match(/^\s*(inline\s+)?constexpr\b(?!.*\()/gm)?.length)
  return Object.fromEntries(found.map(([, name, value]) => [asConstant(name ?? ''), Number(value)]))
}

describe('the shared layout', () => {
  it('is the same in layout.ts and layout.h, constant for constant', () => {
    const ours = Object.fromEntries(Object.entries(layout).filter(([, value]) => typeof value === 'number'))
    const theirs = headerConstants()
    expect(Object.keys(theirs).length).toBeGreaterThan(30)
    expect(ours).toEqual(theirs)
  })

  it('gives each word that changes a line of its own inside the header', () => {
    const words = [0, 1].flatMap((n) => [
      layout.STATE_OFFSET + n * layout.SIDE_STRIDE,
      layout.WAITING_OFFSET + n * layout.SIDE_STRIDE,
      layout.BELL_OFFSET + n * layout.SIDE_STRIDE,
      layout.TAIL_OFFSET + n * layout.RING_STRIDE,
      layout.HEAD_OFFSET + n * layout.RING_STRIDE,
    ])
    const lines = words.map((offset) => offset / layout.LINE_SIZE)
    expect(new Set(lines).size).toBe(10)
    for (const line of lines) expect(Number.isInteger(line)).toBe(true)
    // The constant words of the header lie on line 0.
    expect(Math.min(...lines)).toBeGreaterThan(0)
    expect(Math.max(...words)).toBeLessThan(layout.HEADER_SIZE)
  })

  it('takes powers of two from 4 KiB to 1 GiB as capacities, and nothing else', () => {
    for (const capacity of CAPACITIES) expect(layout.isValidCapacity(capacity), `${capacity}`).toBe(true)
    for (const capacity of [0, 1, 2048, 4095, 4097, 6000, 4096.5, 2 ** 31, 2 ** 32, -4096, Number.NaN, Infinity]) {
      expect(layout.isValidCapacity(capacity), `${capacity}`).toBe(false)
    }
  })

  it('rounds records up to 8 bytes', () => {
    for (const [size, aligned] of [
      [0, 0],
      [1, 8],
      [8, 8],
      [9, 16],
      [layout.MAX_CAPACITY - 1, layout.MAX_CAPACITY],
    ] as const) {
      expect(layout.alignRecord(size)).toBe(aligned)
    }
  })

  it('leaves room for a filler and the largest record behind it, wherever the ring stands', () => {
    for (const capacity of CAPACITIES) {
      const record = layout.RECORD_HEAD_SIZE + layout.alignRecord(layout.maxRecordPayload(capacity))
      const largestFiller = record - layout.RECORD_ALIGNMENT
      expect(largestFiller + record).toBeLessThanOrEqual(capacity)
      expect(layout.fragmentPayload(capacity)).toBeLessThanOrEqual(layout.maxRecordPayload(capacity))
    }
  })
})

describe('readLayout', () => {
  it('reads what writeLayout wrote', () => {
    for (const capacity0 of CAPACITIES.slice(0, 9)) {
      for (const capacity1 of CAPACITIES.slice(0, 9)) {
        const memory = new SharedArrayBuffer(segmentSize(capacity0, capacity1))
        writeLayout(memory, capacity0, capacity1)
        expect(readLayout(memory)).toEqual([
          { offset: layout.HEADER_SIZE, capacity: capacity0 },
          { offset: layout.HEADER_SIZE + capacity0, capacity: capacity1 },
        ])
      }
    }
  })

  it('reads the largest segment', () => {
    const size = segmentSize(layout.MAX_CAPACITY, layout.MAX_CAPACITY)
    expect(size).toBe(2 ** 31 + layout.HEADER_SIZE)
    const memory = new SharedArrayBuffer(size)
    writeLayout(memory, layout.MAX_CAPACITY, layout.MAX_CAPACITY)
    expect(readLayout(memory)[1]).toEqual({
      offset: layout.HEADER_SIZE + layout.MAX_CAPACITY,
      capacity: layout.MAX_CAPACITY,
    })
  })

  it('refuses another major version, and takes another minor one', () => {
    const { memory, words } = newHeader()
    words[layout.VERSION_MINOR_OFFSET / 4] = 77
    expect(readLayout(memory)).toHaveLength(2)
    words[layout.VERSION_MAJOR_OFFSET / 4] = 2
    expect(() => readLayout(memory)).toThrow(expect.objectContaining({ code: 'VERSION_MISMATCH' }))
  })

  it.each<[string, (words: Uint32Array) => void]>([
    ['no magic number', (words) => words.fill(0, 0, 1)],
    ['a total size above its own', (words) => words.fill(1 << 30, layout.TOTAL_SIZE_OFFSET / 4, 4)],
    ['a capacity of zero', (words) => words.fill(0, layout.RING_CAPACITY_OFFSET / 4, 6)],
    ['a capacity that is no power of two', (words) => words.fill(4104, layout.RING_CAPACITY_OFFSET / 4, 6)],
    ['a ring inside the header', (words) => words.fill(128, layout.RING_OFFSET_OFFSET / 4, 5)],
    ['a ring off its line', (words) => words.fill(layout.HEADER_SIZE + 4100, layout.RING_OFFSET_OFFSET / 4 + 2, 7)],
    ['a ring beyond the end', (words) => words.fill(0xffff_f000, layout.RING_OFFSET_OFFSET / 4, 5)],
    ['rings that overlap', (words) => words.fill(layout.HEADER_SIZE + 128, layout.RING_OFFSET_OFFSET / 4, 5)],
    ['rings in one place', (words) => words.fill(layout.HEADER_SIZE + 4096, layout.RING_OFFSET_OFFSET / 4, 5)],
  ])('refuses %s', (_, spoil) => {
    const { memory, words } = newHeader()
    spoil(words)
    expect(() => readLayout(memory)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })

  it('refuses memory that is smaller than a header', () => {
    expect(() => readLayout(new ArrayBuffer(layout.HEADER_SIZE - 1))).toThrow(
      expect.objectContaining({ code: 'CORRUPT' }),
    )
    expect(() => readLayout(new ArrayBuffer(0))).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })

  it('reads each word of the header at most once', () => {
    const { memory } = newHeader()
    const load = vi.spyOn(Atomics, 'load')
    readLayout(memory)
    const indexes = load.mock.calls.map(([, index]) => index)
    expect(indexes.length).toBeGreaterThan(6)
    expect(new Set(indexes).size).toBe(indexes.length)
  })

  it('gives places inside the memory, or throws, whatever the header holds', () => {
    const nasty = fc.oneof(
      fc.constantFrom(
        0,
        1,
        4095,
        4096,
        8192,
        65536,
        65664,
        69632,
        131072,
        2 ** 30,
        2 ** 31,
        2 ** 32 - 128,
        2 ** 32 - 1,
      ),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    )
    // The magic number and the version stay mostly right, or nothing behind them would be tried.
    const change = fc.tuple(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 3, max: 7 }) }, fc.nat(7)), nasty)
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const { memory, words } = newHeader()
        for (const [index, value] of changes) words[index] = value
        try {
          const [first, second] = readLayout(memory)
          for (const { offset, capacity } of [first, second]) {
            expect(layout.isValidCapacity(capacity)).toBe(true)
            expect(offset).toBeGreaterThanOrEqual(layout.HEADER_SIZE)
            expect(offset % layout.LINE_SIZE).toBe(0)
            expect(offset + capacity).toBeLessThanOrEqual(memory.byteLength)
          }
          const [low, high] = first.offset < second.offset ? [first, second] : [second, first]
          expect(low.offset + low.capacity).toBeLessThanOrEqual(high.offset)
        } catch (error) {
          if (!(error instanceof SharedChannelError)) throw error
          expect(['CORRUPT', 'VERSION_MISMATCH']).toContain(error.code)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

function newHeader(): { memory: SharedArrayBuffer; words: Uint32Array } {
  const memory = new SharedArrayBuffer(segmentSize(4 * KIB, 8 * KIB))
  writeLayout(memory, 4 * KIB, 8 * KIB)
  return { memory, words: new Uint32Array(memory) }
}
