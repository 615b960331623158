import { describe, expect, it } from 'vitest'
import { makeRow, timesBetter, UNITS, type Unit } from '../src/row.ts'

describe('the ratio', () => {
  it.each(Object.keys(UNITS) as Unit[])('is above 1 exactly when ours is better, in %s', (unit) => {
    const [better, worse] = UNITS[unit] === 'more' ? [8, 2] : [2, 8]
    expect(timesBetter(unit, better, worse)).toBe(4)
    expect(timesBetter(unit, worse, better)).toBe(0.25)
    expect(timesBetter(unit, 5, 5)).toBe(1)
  })

  it('takes more messages, bytes and frames for better, and less time, fewer switches and less of the cores', () => {
    expect(UNITS).toEqual({
      'msg/s': 'more',
      'GB/s': 'more',
      'frames/s': 'more',
      us: 'less',
      cores: 'less',
      ms: 'less',
      switches: 'less',
    })
  })
})

describe('a row', () => {
  it('has exactly the five keys, and a ratio for each peer', () => {
    const row = makeRow('js-to-native-1MiB', 'GB/s', {
      ours: 30,
      peers: { worker_threads: 3, memcpy: 40 },
      notes: ['a'],
    })
    expect(row).toEqual({
      name: 'js-to-native-1MiB',
      unit: 'GB/s',
      ours: 30,
      peers: { worker_threads: 3, memcpy: 40 },
      ratio: { worker_threads: 10, memcpy: 0.75 },
    })
  })

  it('without peers has empty peers and ratios', () => {
    expect(makeRow('idle', 'switches', { ours: 0, peers: {} })).toEqual({
      name: 'idle',
      unit: 'switches',
      ours: 0,
      peers: {},
      ratio: {},
    })
  })

  it('is rounded to four digits, the ratio from the numbers before', () => {
    const row = makeRow('round-trip', 'us', { ours: 3.00004, peers: { worker_threads: 9.99996 } })
    expect([row.ours, row.peers.worker_threads, row.ratio.worker_threads]).toEqual([3, 10, 3.333])
  })
})
