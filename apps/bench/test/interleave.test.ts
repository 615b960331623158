import { describe, expect, it } from 'vitest'
import { interleave } from '../src/interleave.ts'

describe('interleaving', () => {
  it('runs every contender once a round, and lets another one begin in the next', async () => {
    const calls: string[] = []
    const log = (name: string) => async () => {
      calls.push(name)
      return 0
    }
    await interleave(2, { a: log('a'), b: log('b') })
    expect(calls).toEqual(['a', 'b', 'b', 'a', 'a', 'b'])
  })

  it('gives the median of each, without the first round', async () => {
    const ours = [1000, 1, 3, 2]
    const theirs = [1000, 10, 30, 20]
    const result = await interleave(3, { ours: async () => ours.shift() ?? 0, theirs: async () => theirs.shift() ?? 0 })
    expect(result).toEqual({ ours: 2, theirs: 20 })
  })
})
