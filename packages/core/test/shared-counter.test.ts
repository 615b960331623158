import { describe, expect, it } from 'vitest'
import { SharedCounter } from '../src/shared-counter.ts'

const failure = (code: string) => expect.objectContaining({ name: 'SharedChannelError', code })
const MOST = Number.MAX_SAFE_INTEGER

describe('SharedCounter', () => {
  it.each([
    ['an ArrayBuffer', new ArrayBuffer(64)],
    ['a SharedArrayBuffer', new SharedArrayBuffer(64)],
    ['what has a buffer', { arrayBuffer: new ArrayBuffer(64) }],
  ])('counts in %s', (_, memory) => {
    const counter = new SharedCounter(memory, 8)
    expect(counter.value).toBe(0)
    expect(counter.increment()).toBe(1)
    expect(counter.add(41)).toBe(42)
    expect(counter.decrement()).toBe(41)
    expect(counter.add(-50)).toBe(-9)
    expect(new SharedCounter(memory, 8).value).toBe(-9)
    expect(new SharedCounter(memory).value).toBe(0)
  })

  it('has 64 bits, little-endian, at its offset', () => {
    const buffer = new ArrayBuffer(32)
    new SharedCounter(buffer, 16).add(-2)
    expect([...new BigInt64Array(buffer)]).toEqual([0n, 0n, -2n, 0n])
    expect(new Uint8Array(buffer)[16]).toBe(0xfe)
  })

  it('exchanges what was expected, and says what was there', () => {
    const counter = new SharedCounter(new ArrayBuffer(8))
    expect(counter.compareExchange(0, -7)).toBe(0)
    expect(counter.compareExchange(0, 9)).toBe(-7)
    expect(counter.value).toBe(-7)
  })

  it('goes as far as numbers are exact, and tells when it is beyond', () => {
    const buffer = new ArrayBuffer(8)
    const counter = new SharedCounter(buffer)
    expect(counter.add(MOST)).toBe(MOST)
    expect(() => counter.increment()).toThrow(failure('NOT_SUPPORTED'))
    expect(() => counter.value).toThrow(/9007199254740992/)
    expect(() => counter.compareExchange(0, 1)).toThrow(failure('NOT_SUPPORTED'))
    expect(counter.decrement()).toBe(MOST) // it went on counting
    new BigInt64Array(buffer)[0] = -(2n ** 63n)
    expect(() => counter.decrement()).toThrow(/ 9223372036854775807,/) // and wraps around
  })

  it.each([0.5, Number.NaN, Infinity, MOST + 1, '1', 1n, undefined])('refuses to add %s', (amount) => {
    const counter = new SharedCounter(new ArrayBuffer(8))
    expect(() => counter.add(amount as number)).toThrow(failure('INVALID_ARGUMENT'))
    expect(() => counter.compareExchange(amount as number, 1)).toThrow(failure('INVALID_ARGUMENT'))
    expect(() => counter.compareExchange(0, amount as number)).toThrow(failure('INVALID_ARGUMENT'))
    expect(counter.value).toBe(0)
  })

  it.each([4, -8, 64, 60, 8.5, Number.NaN, '8'])('refuses the offset %s', (offset) => {
    expect(() => new SharedCounter(new ArrayBuffer(64), offset as number)).toThrow(failure('INVALID_ARGUMENT'))
  })

  it.each([undefined, null, 5, 'x', {}, new Uint8Array(8)])('refuses %s as memory', (memory) => {
    expect(() => new SharedCounter(memory as unknown as ArrayBuffer)).toThrow(failure('INVALID_ARGUMENT'))
  })

  it('tells when its memory is gone', () => {
    const buffer = new ArrayBuffer(8)
    const counter = new SharedCounter(buffer)
    structuredClone(buffer, { transfer: [buffer] })
    for (const use of [() => counter.value, () => counter.increment(), () => counter.compareExchange(0, 1)]) {
      expect(use).toThrow(failure('CLOSED'))
    }
  })
})
