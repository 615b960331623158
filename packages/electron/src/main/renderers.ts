// Which pages may have native code.
import type { WebFrameMain } from 'electron'
import type { Page } from './page.ts'

/**
 * Pages of one renderer have a Node environment each, over one event loop and, in part, one state. When the first of them goes,
 * Electron frees state that the last one still uses, and runs the loop no more before a new page comes (seen in Electron 22, in
 * a window that outlives a reload of its opener: Node-API fails there, and then the renderer crashes). So native code is for the
 * first page of a renderer, and for its iframes, which go before it.
 */
export class Renderers {
  readonly #first = new Map<number, Page>()

  /** Called for each page with Node as it comes, whoever it is. */
  mayBeNative(page: Page): boolean {
    const { osProcessId } = page.frame
    const first = this.#first.get(osProcessId)
    if (first !== undefined) return isInside(page.frame, first.frame)
    this.#first.set(osProcessId, page)
    page.onLeave(() => this.#first.delete(osProcessId))
    return true
  }
}

function isInside(frame: WebFrameMain, outer: WebFrameMain): boolean {
  for (let each: WebFrameMain | null = frame; each !== null; each = each.parent) {
    if (each.frameTreeNodeId === outer.frameTreeNodeId) return true
  }
  return false
}
