import { describe, expect, it } from 'vitest'
import { findGrowth } from '../src/open-close.ts'
import type { Resources } from '../src/process-status.ts'

const BEFORE: Resources = { memory: 50 << 20, mappings: 200, threads: 11, descriptors: 20 }
const CYCLES = 10_000

describe('what opening and closing leaves behind', () => {
  it('is nothing when the engine only breathes', () => {
    expect(findGrowth(BEFORE, { ...BEFORE, memory: BEFORE.memory + (4 << 20), mappings: 250 }, CYCLES)).toEqual([])
    expect(findGrowth(BEFORE, { memory: 1, mappings: 1, threads: 1, descriptors: 1 }, CYCLES)).toEqual([])
  })

  it.each([
    { what: 'threads', after: { ...BEFORE, threads: 12 } },
    { what: 'descriptors', after: { ...BEFORE, descriptors: 21 } },
    { what: 'mappings', after: { ...BEFORE, mappings: 200 + CYCLES / 50 } },
    { what: 'memory', after: { ...BEFORE, memory: BEFORE.memory + CYCLES * 4096 } },
  ])('is told when $what grow', ({ what, after }) => {
    const problems = findGrowth(BEFORE, after, CYCLES)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`${what} went from`)
  })
})
