// What a preload may do to memory that it shares with others, and how it ends, in a real Electron.
import { describe, expect, it } from 'vitest'
import { ENDS, type EndResult, type EndsResult, SHARED_BYTES, type ViewsResult } from '../app/sharing/results.ts'
import type { Holdings } from '../app/task.ts'
import { checksumOf } from '../expected.ts'
import { USERS } from '../launch.ts'
import { runApp } from '../run-app.ts'

const CHANNELS = ['main and a', 'a and b', 'utility and a']
const OTHERS = ['main', 'b', 'utility']
const NOTHING: Holdings = { threads: 0, descriptors: 0, mappings: 0, watched: 0 }
/** "closed says PEER_LOST within one second of a kill". */
const ONE_SECOND = 1000

describe.each(USERS)('a renderer that shares memory, %s', (_user, launch) => {
  it.skipIf(launch === null)('sees what others write, keeps private what it writes, and lets go of all', async () => {
    const { written, followed, released, kept } = (await runApp({ kind: 'views' }, launch?.())) as ViewsResult
    expect(written).toEqual({ preload: [9, 2], main: [1, 2] })
    expect(followed).toEqual([9, 4])
    expect(released).toMatchObject({ length: 0, left: NOTHING })
    expect(released.held).toMatchObject({ descriptors: 1, mappings: 2 })
    expect(kept).toEqual([3, 4])
  })

  it.skipIf(launch === null)(
    'may end as it likes: the others are told, keep what they share, and lose nothing',
    async () => {
      const results = (await runApp({ kind: 'ends' }, launch?.())) as EndsResult
      for (const end of ENDS) expectSurvived(end, results[end])
      expect(results.reload.leftInRenderer).toMatchObject(NOTHING)
    },
  )
})

function expectSurvived(end: string, { channels, sums, held, left, reason }: EndResult): void {
  expect(Object.keys(channels), end).toEqual(CHANNELS)
  for (const { code, after } of Object.values(channels)) {
    expect(code, end).toBe('PEER_LOST')
    expect(after, end).toBeLessThan(ONE_SECOND)
  }
  const [ofMain, ofA] = [checksumOf(1, SHARED_BYTES), checksumOf(3, SHARED_BYTES)]
  for (const name of OTHERS) {
    expect(sums[name], `${end}: ${name}`).toEqual([ofMain, ofA])
    expect(left[name], `${end}: ${name}`).toEqual(NOTHING)
  }
  // Not utility, whose channel carried nothing: nobody knows when it learns who is at the other end.
  for (const name of ['a', 'main', 'b']) {
    for (const count of Object.values(held[name] ?? NOTHING)) expect(count, `${end}: ${name}`).toBeGreaterThan(0)
  }
  expect(reason).toBe(['kill', 'crash', 'strict'].includes(end) ? 'crashed' : undefined)
}
