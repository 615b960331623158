import { expect, it } from 'vitest'
import { BackOff } from '../lib/restart.ts'

it('waits twice as long before each attempt, up to ten seconds', () => {
  const backOff = new BackOff(() => 0)
  const delays = Array.from({ length: 10 }, () => backOff.next())
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000])
  expect(backOff.attempt).toBe(10)
})

it('starts anew once the plugin has run for ten seconds, not before', () => {
  let now = 0
  const backOff = new BackOff(() => now)
  const runFor = (time: number) => {
    backOff.started()
    now += time
    return backOff.next()
  }
  expect(runFor(50)).toBe(100)
  expect(runFor(9999)).toBe(200)
  expect(runFor(10_000)).toBe(100)
  expect(backOff.attempt).toBe(1)
  // Time in which it does not run counts for nothing.
  now += 60_000
  expect(backOff.next()).toBe(200)
})
