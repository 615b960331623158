// What nearly every test here needs: a browser for the file; for each test pages, and owners of segments that are mapped
// over the pages' memory.
import { afterAll, afterEach, beforeAll, describe, inject } from 'vitest'
import { type Browser, startBrowser } from './browser.ts'
import type { Kind, Page } from './page.ts'
import type { Access, Mapping } from './renderers.ts'
import { type SegmentOwner, startOwner } from './segment-owner.ts'

/** Of the buffers, in bytes. */
export const LENGTH = 2 ** 20

export const withChromium = describe.skipIf(inject('chromium') === null)

export interface Stage {
  readonly browser: Browser
  openPage(options?: { isolated?: boolean }): Promise<Page>
  startOwner(): Promise<SegmentOwner>
  /** Makes a buffer in the page and maps the owner's segment over it. */
  map(page: Page, kind: Kind, owner: SegmentOwner, access?: Access): Promise<Mapping>
}

/** Call it where `beforeAll` may stand. Pages and owners end with the test. */
export function useStage(): Stage {
  let browser: Browser
  const onStage: { close(): Promise<void> }[] = []
  const untilTheEnd = <Actor extends { close(): Promise<void> }>(actor: Actor) => {
    onStage.push(actor)
    return actor
  }
  beforeAll(async () => {
    browser = await startBrowser(inject('chromium') ?? '')
  })
  afterEach(async () => {
    await Promise.all(onStage.splice(0).map((actor) => actor.close()))
  })
  afterAll(() => browser?.close())
  return {
    get browser() {
      return browser
    },
    openPage: async ({ isolated = true } = {}) => untilTheEnd(await browser.openPage(isolated)),
    startOwner: async () => untilTheEnd(await startOwner(LENGTH)),
    async map(page, kind, owner, access) {
      const marker = await page.call('make', kind, LENGTH)
      return browser.renderers.map(marker, LENGTH, owner.handle, access)
    },
  }
}
