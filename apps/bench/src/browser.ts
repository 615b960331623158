// Rows that are measured inside of a real Chromium.
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import type { Jobs, MessageSettings, RowJob } from './browser/jobs.ts'
import { compareFrames, type LatestMessageSettings } from './browser/latest-message.ts'
import { type OpenPage, withChromium } from './browser/with-chromium.ts'
import type { Outcome } from './row.ts'

/** Built beside the program; src/ and dist/ lie side by side. */
const PAGES = fileURLToPath(new URL('../dist/browser', import.meta.url))
const LONGEST_RUN = 300_000

/** Messages from a page to its worker. @throws LeftOut where there is no Chromium. */
export function measurePageToWorker(job: RowJob, settings: MessageSettings): Promise<Outcome> {
  return inChromium(async (open) => callIn(await open('page.html'), job, settings))
}

/** Frames a second while messages come in. @throws LeftOut where there is no Chromium. */
export function measureLatestMessage(settings: LatestMessageSettings): Promise<Outcome> {
  return inChromium((open) => compareFrames(settings, open, (page, levels) => callIn(page, 'showLevels', levels)))
}

const inChromium = (use: (open: OpenPage) => Promise<Outcome>) => withChromium(PAGES, LONGEST_RUN, use)

/** Has the page do one of its jobs; throws what it throws. */
function callIn<Name extends keyof Jobs>(
  page: Page,
  job: Name,
  settings: Parameters<Jobs[Name]>[0],
): Promise<Awaited<ReturnType<Jobs[Name]>>> {
  return page.evaluate(`${job}(${JSON.stringify(settings)})`)
}
