import { findChromium } from '@shared-channel/run-chromium'
import { chromium, type Page } from 'playwright-core'
import { serve } from './serve.ts'

/** Nothing is in it. */
export const EMPTY_PAGE = 'about:blank'

/** Playwright adds those that keep a page awake that nobody looks at. */
const SWITCHES = ['--disable-gpu', '--disable-dev-shm-usage']

/** Opens a file of the folder, or the empty page, in a tab of its own. */
export type OpenPage = (name: string) => Promise<Page>

/**
 * A Chromium without windows, as long as it is used.
 *
 * @param folder What its pages may load.
 * @param deadline Milliseconds after which it is ended.
 * @throws LeftOut where there is no Chromium.
 */
export async function withChromium<T>(
  folder: string,
  deadline: number,
  use: (open: OpenPage) => Promise<T>,
): Promise<T> {
  const executablePath = findChromium()
  const { origin, close } = await serve(folder)
  try {
    const browser = await chromium.launch({ executablePath, args: SWITCHES })
    const end = () => browser.close({ reason: `Chromium was ended after ${deadline} ms` })
    const timer = setTimeout(end, deadline)
    try {
      return await use(async (name) => {
        const page = await browser.newPage()
        await page.goto(name === EMPTY_PAGE ? name : `${origin}/${name}`)
        return page
      })
    } finally {
      clearTimeout(timer)
      await browser.close()
    }
  } finally {
    close()
  }
}
