import { isCI } from '@shared-channel/run-chromium'
import { describe, expect, it, type TestContext } from 'vitest'
import { whatCame } from '../src/browser/latest-message.ts'
import { Film } from '../src/browser/page/film.ts'
import { measureLatestMessage, measurePageToWorker } from '../src/browser.ts'
import { sumOfLines } from '../src/counterpart.ts'
import { isLeftOut } from '../src/left-out.ts'
import type { Outcome } from '../src/row.ts'

/** Each measurement fails by itself when the far end has not read what was sent. Skips the test where there is no Chromium. */
async function measure(context: TestContext, measuring: Promise<Outcome>): Promise<Outcome> {
  try {
    return await measuring
  } catch (error) {
    if (isLeftOut(error) && !isCI()) return context.skip(error.message)
    throw error
  }
}

function expectRates({ ours, peers }: Outcome, names: readonly string[]): void {
  expect(Object.keys(peers)).toEqual(names)
  for (const value of [ours, ...Object.values(peers)]) expect(value).toBeGreaterThan(0)
}

describe('in the real Chromium', () => {
  it('messages from a page to its worker are measured, also more than a ring holds', async (context) => {
    const settings = { rounds: 2, size: 64, capacity: 1 << 16, messages: 3000, peerMessages: 99 }
    expectRates(await measure(context, measurePageToWorker('measureSmall', settings)), ['postMessage'])
  })

  it('large messages are measured, on every way to send new data', async (context) => {
    const settings = { rounds: 2, size: 1 << 20, capacity: 4 << 20, messages: 20, peerMessages: 10 }
    const outcome = await measure(context, measurePageToWorker('measureLarge', settings))
    expectRates(outcome, ['transfer', 'clone'])
    expect(outcome.notes?.join('\n')).toMatch(/`sendDirect` .* [\d.]+ GB\/s; .* made before .* [\d.]+ GB\/s/)
  })

  it('frames are counted while messages come, next to those of an empty page', async (context) => {
    const settings = { rounds: 1, perSecond: 10_000, milliseconds: 200 }
    const outcome = await measure(context, measureLatestMessage(settings))
    expectRates(outcome, ['empty-page'])
    expect(outcome.notes?.join()).toMatch(/ M messages a second came, and [\d.]+ times a second the newest one was/)
  })

  it('what fails in the page fails here', async (context) => {
    const settings = { rounds: 1, size: 1 << 20, capacity: 1 << 20, messages: 1, peerMessages: 1 }
    const measuring = measure(context, measurePageToWorker('measureLarge', settings))
    await expect(measuring).rejects.toThrow('the limit is 524280') // of a slot
  })
})

describe('what came while the newest was shown', () => {
  const shown = (levels: number) => ({ frames: 120, renders: 118, seconds: 2, levels })

  it('is told a second', () => {
    const { notes, problems } = whatCame([shown(2_000_000)], 1_000_000)
    expect(notes).toEqual([
      '1.00 M messages a second came, and 59.0 times a second the newest one was rendered; medians',
    ])
    expect(problems).toEqual([])
  })

  it('is a problem when it was less than ordered', () => {
    expect(whatCame([shown(1_900_000)], 1_000_000).problems).toEqual([])
    expect(whatCame([shown(1_890_000)], 1_000_000).problems.join()).toContain('only 0.94 M')
  })

  it('is no problem when it is right more often than not', () => {
    expect(whatCame([shown(1), shown(2_000_000), shown(2_000_000)], 1_000_000).problems).toEqual([])
  })
})

describe('the data of large messages', () => {
  it('differs from one message to the next, and its sum is known', () => {
    const film = new Film(128)
    const frames = Array.from({ length: 20 }, (_, i) => film.frame(i))
    for (const [i, frame] of frames.entries()) expect(frame[0]).not.toBe(frames[i + 1]?.[0])
    expect(film.sum(20)).toBe(frames.reduce((sum, frame) => sum + sumOfLines(frame), 0))
  })
})
