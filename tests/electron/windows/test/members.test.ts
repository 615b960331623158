// Links between all kinds of ends: the main process, its workers, utility processes and pages.
import { describe, expect, inject, it } from 'vitest'
import { WINDOW_USERS } from '../../launch.ts'
import { hasAllUsers } from '../../ordinary-user.ts'
import { connectEnds, type End, expectExchange, mainEnd, memberEnd, pageEnd } from '../harness/ends.ts'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { startApp } from '../harness/start-app.ts'
import type { TestApp } from '../harness/test-app.ts'

/** All pairs only where all users try them, too: each kind of end is in the others. */
const few = <Pair>(pairs: readonly Pair[]): readonly Pair[] =>
  hasAllUsers() ? pairs : pairs.filter((_, index) => index % 2 === 1)

const MEBIBYTES = 10
const REQUESTS = 100
const BLOCKED = 1000
const ONE_SECOND = 1000

/** Two ends. */
const PAIRS = [
  ['main', 'page'],
  ['main', 'sandboxed page'],
  ['main', 'utility'],
  ['main', 'worker'],
  ['utility', 'page'],
  ['utility', 'sandboxed page'],
  ['page', 'utility'],
  ['sandboxed page', 'utility'],
  ['utility', 'utility'],
  ['worker', 'page'],
  ['worker', 'sandboxed page'],
  ['page', 'worker'],
  ['sandboxed page', 'worker'],
  ['worker', 'utility'],
] as const

type Kind = (typeof PAIRS)[number][number]

/** Who hears of whose end, and how that one ends. */
const LOSSES = [
  ['page', 'utility', 'end'],
  ['sandboxed page', 'utility', 'end'],
  ['utility', 'utility', 'end'],
  ['page', 'worker', 'end'],
  ['sandboxed page', 'worker', 'end'],
  ...(['end', 'reload'] as const).flatMap((how) =>
    (['main', 'utility', 'worker'] as const).flatMap(
      (end) =>
        [
          [end, 'page', how],
          [end, 'sandboxed page', how],
        ] as const,
    ),
  ),
] as const

describe.each(WINDOW_USERS)('two ends, %s', (_user, launch) => {
  it.skipIf(launch === null).each(few(PAIRS))(
    'exchange checked data and requests: %s and %s',
    async (first, second) => {
      const app = await startApp(launch?.())
      await app.startBroker()
      await app.openWindow()
      const ends = [await makeEnd(app, first), await makeEnd(app, second)] as const
      const before = takeSnapshot(app)
      await connectEnds(app, 'talk', ends)
      await expectExchange('talk', ends, MEBIBYTES)
      await Promise.all(ends.map((end) => end.call('answer', 'talk')))
      const asked = ends.map((end) => end.call('ask', { name: 'talk', times: REQUESTS }))
      expect(await Promise.all(asked)).toEqual([0, 0])
      const ended = ends[1].call('endOf', 'talk')
      await ends[0].call('close', 'talk')
      expect(await ended).toMatchObject({ code: undefined })
      await expectNothingMore(app, before)
      expect(await app.quit()).toBe(0)
    },
  )
})

describe.skipIf(inject('electron') === null)('two ends', () => {
  it.each([
    ['page', 'page'],
    ['page', 'utility'],
    ['page', 'worker'],
    ['worker', 'utility'],
    ['sandboxed page', 'sandboxed page'],
  ] as const)('talk on while the main process is blocked: %s and %s', async (first, second) => {
    const app = await startApp()
    await app.startBroker()
    const ends = [await makeEnd(app, first), await makeEnd(app, second)] as const
    await connectEnds(app, 'talk', ends)
    await ends[1].call('answer', 'talk')
    await ends[0].call('startAsking', 'talk')
    const { from, until } = await app.electron.evaluate((_, milliseconds) => main.block(milliseconds), BLOCKED)
    const { wrong, times } = await ends[0].call('stopAsking', 'talk')
    expect(wrong).toBe(0)
    const answers = (start: number, end: number) => times.filter((time) => time >= start && time < end).length
    expect(answers(from, from + BLOCKED / 2)).toBeGreaterThan(50)
    expect(answers(until - BLOCKED / 2, until)).toBeGreaterThan(50)
  })

  it.each(few(LOSSES))(
    'hear within a second when the other one is gone: %s hears of %s by its %s',
    async (first, second, how) => {
      const app = await startApp()
      await app.startBroker()
      await app.openWindow()
      const end = await makeEnd(app, first)
      const victim = await makeEnd(app, second)
      const before = takeSnapshot(app)
      await connectEnds(app, 'talk', [end, victim])
      await expectExchange('talk', [end, victim], 1)
      const ended = end.call('endOf', 'talk')
      const at = Date.now()
      await app.electron.evaluate((_, [how, address]) => main[how](address), [how, victim.address] as const)
      const { at: heard, code } = await ended
      expect(code).toBe('PEER_LOST')
      expect(heard - at).toBeLessThan(ONE_SECOND)
      await expectNothingMore(app, before)
    },
  )
})

async function makeEnd(app: TestApp, kind: Kind): Promise<End> {
  if (kind === 'main') return mainEnd(app)
  if (kind === 'utility' || kind === 'worker') return memberEnd(app, kind)
  const { page } = await app.openWindow({ preferences: { sandbox: kind === 'sandboxed page' } })
  return pageEnd(page)
}
