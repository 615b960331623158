// Which pages hear of native threads.
import type { Page } from './frames.ts'

/**
 * Pages of one renderer share Node's event loop. Electron runs it in the context of the first page that is there, and a
 * threadsafe function of another one ends the process then (seen in Electron 22: an assertion in Node's InternalCallbackScope).
 * When the first page goes, nobody runs the loop until a new page comes. So only that one may have native threads; the
 * channels of iframes, and of windows that were opened by their renderer, go over ports.
 */
export class EventLoops {
  readonly #firstOf = new Map<number, Page>()

  /** Called for each page with native code as it comes, whoever it is. */
  add(page: Page): void {
    const { osProcessId } = page.frame
    if (this.#firstOf.has(osProcessId)) return
    this.#firstOf.set(osProcessId, page)
    page.hasEventLoop = true
    page.onLeave(() => this.#firstOf.delete(osProcessId))
  }
}
