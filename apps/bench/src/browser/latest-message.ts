// How many frames a second an application has that shows the newest of very many messages, next to an empty page.
import type { Page } from 'playwright-core'
import { interleave } from '../interleave.ts'
import type { Outcome } from '../row.ts'
import { median } from '../statistics.ts'
import { countFrames, type Frames } from './count-frames.ts'
import type { LevelSettings, Shown } from './jobs.ts'
import { EMPTY_PAGE, type OpenPage } from './with-chromium.ts'

export interface LatestMessageSettings extends LevelSettings {
  readonly rounds: number
}

/** Of what was ordered. */
const LEAST_SHARE = 0.95

/**
 * Opens each page anew in each round, so that nothing else runs.
 *
 * @param show Has the application run in its page.
 */
export async function compareFrames(
  { rounds, milliseconds, perSecond }: LatestMessageSettings,
  open: OpenPage,
  show: (page: Page, settings: LevelSettings) => Promise<Shown>,
): Promise<Outcome> {
  const all: Shown[] = []
  const inPage = async (name: string, count: (page: Page) => Promise<Frames>) => {
    const page = await open(name)
    const { frames, seconds } = await count(page)
    await page.close()
    return frames / seconds
  }
  const results = await interleave(rounds, {
    ours: () =>
      inPage('page.html', async (page) => {
        const shown = await show(page, { perSecond, milliseconds })
        all.push(shown)
        return shown
      }),
    'empty-page': () => inPage(EMPTY_PAGE, (page) => page.evaluate(countFrames, milliseconds)),
  })
  const { ours, ...peers } = results
  return { ours, peers, ...whatCame(all, perSecond) }
}

/** Whether as many messages came as were ordered: if not, the frames mean nothing. */
export function whatCame(shown: readonly Shown[], perSecond: number): Required<Pick<Outcome, 'notes' | 'problems'>> {
  const perSecondOf = (count: (each: Shown) => number) => median(shown.map((each) => count(each) / each.seconds))
  const levels = perSecondOf((each) => each.levels)
  const renders = perSecondOf((each) => each.renders)
  const text = `${(levels / 1e6).toFixed(2)} M messages a second came`
  return {
    notes: [`${text}, and ${renders.toFixed(1)} times a second the newest one was rendered; medians`],
    problems: levels < LEAST_SHARE * perSecond ? [`only ${text}; ${perSecond / 1e6} M were ordered`] : [],
  }
}
