import { describe, expect, it } from 'vitest'
import { idleRoundTripOutcome, type RoundTripResult } from '../src/round-trip.ts'

const RESULT: RoundTripResult = { ours: { p50: 5, p99: 50 }, worker: { p50: 40, p99: 90 }, slept: 1 }

describe('the round trip to a sleeping thread', () => {
  it('is told as its median, the tails beside it', () => {
    const outcome = idleRoundTripOutcome(RESULT)
    expect(outcome.ours).toBe(5)
    expect(outcome.peers).toEqual({ worker_threads: 40 })
    expect(outcome.notes?.join()).toContain('p99: 50.0 us, worker_threads 90.0 us')
    expect(outcome.problems).toEqual([])
  })

  it('does not count when the thread did not sleep', () => {
    expect(idleRoundTripOutcome({ ...RESULT, slept: 0.5 }).problems?.join()).toContain('slept before 50.0 %')
  })
})
