import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { median, percentile } from '../src/statistics.ts'

const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 200 })

describe('median', () => {
  it('is the middle value of an odd number of values, in whatever order they come', () => {
    expect(median([10, 9, 100])).toBe(10)
  })

  it('is halfway between the two middle values of an even number', () => {
    expect(median([1, 100, 2, 4])).toBe(3)
  })

  it('leaves its argument as it was', () => {
    const list = [3, 1, 2]
    median(list)
    expect(list).toEqual([3, 1, 2])
  })

  it('refuses an empty list', () => {
    expect(() => median([])).toThrow('no values')
  })
})

describe('percentile', () => {
  it('is the value at the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(percentile(hundred, 50)).toBe(50)
    expect(percentile(hundred, 99)).toBe(99)
    expect(percentile(hundred, 100)).toBe(100)
    expect(percentile([7], 50)).toBe(7)
  })

  it('is one of the values, not exceeded by so many per cent of them, and the smallest such', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 100 }), (list, percent) => {
        const found = percentile(list, percent)
        const needed = (percent / 100) * list.length
        expect(list).toContain(found)
        expect(list.filter((value) => value <= found).length).toBeGreaterThanOrEqual(needed)
        expect(list.filter((value) => value < found).length).toBeLessThan(needed)
      }),
    )
  })

  it('refuses what is no percentage', () => {
    for (const percent of [0, -1, 101, Number.NaN]) expect(() => percentile([1], percent)).toThrow(RangeError)
  })
})
