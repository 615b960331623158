// The pages of all frames, and who waits for one.
import { SharedChannelError } from '@shared-channel/core'
import { BrowserWindow, type WebContents, type WebFrameMain, webContents } from 'electron'
import type { Page } from './page.ts'

/** A window, what it shows, or one frame of that. */
export type FrameTarget = BrowserWindow | WebContents | WebFrameMain

/** The page of each frame, and who waits for one. */
export class Pages {
  /** By the frame's number, which it keeps when a navigation gives it another process. */
  readonly #pages = new Map<number, Page>()
  readonly #waiting = new Map<number, ((page: Page) => void)[]>()

  /** Another document is in the frame. Resolves when what was open at the last one is released. */
  async leave({ frameTreeNodeId }: WebFrameMain): Promise<void> {
    const last = this.#pages.get(frameTreeNodeId)
    last?.leave()
    await last?.gone
  }

  add(page: Page): void {
    const { frameTreeNodeId: id } = page.frame
    this.#pages.set(id, page)
    void page.gone.then(() => {
      if (this.#pages.get(id) === page) this.#pages.delete(id)
    })
    for (const resolve of this.#waiting.get(id) ?? []) resolve(page)
    this.#waiting.delete(id)
  }

  /** @throws SharedChannelError `CLOSED` when there is none. */
  of(target: FrameTarget): Page {
    const page = this.#current(frameOf(target))
    if (page !== undefined) return page
    throw new SharedChannelError(
      'CLOSED',
      'There is no page yet that has the preload of Shared Channel: load one first (await window.loadURL), from an origin that createBroker allows.',
    )
  }

  /**
   * The frame's page, or the next one that it has.
   *
   * @throws SharedChannelError (as a rejection) `CLOSED` when its window is destroyed before.
   */
  async next(target: FrameTarget): Promise<Page> {
    const frame = frameOf(target)
    const page = this.#current(frame)
    if (page !== undefined) return page
    const id = frame.frameTreeNodeId
    const contents = contentsOf(frame)
    return new Promise((resolve, reject) => {
      const gone = () => {
        this.#waiting.delete(id)
        reject(destroyed())
      }
      const came = (page: Page) => {
        contents?.off('destroyed', gone)
        resolve(page)
      }
      contents?.once('destroyed', gone)
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), came])
    })
  }

  /** One that has been left stays until all that it had open is released. */
  #current({ frameTreeNodeId }: WebFrameMain): Page | undefined {
    const page = this.#pages.get(frameTreeNodeId)
    return page?.isGone ? undefined : page
  }

  all(): Page[] {
    return [...this.#pages.values()]
  }
}

/** @throws SharedChannelError `INVALID_ARGUMENT` for what has no frame, `CLOSED` for a window that was destroyed. */
export function frameOf(target: FrameTarget): WebFrameMain {
  if (target instanceof BrowserWindow) {
    if (target.isDestroyed()) throw destroyed()
    return target.webContents.mainFrame
  }
  if (typeof target === 'object' && target !== null) {
    if ('mainFrame' in target) {
      if (target.isDestroyed()) throw destroyed()
      return target.mainFrame
    }
    if ('frameTreeNodeId' in target) return target
  }
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    'A page is named by its BrowserWindow, its WebContents or its WebFrameMain.',
  )
}

/** The window of a frame; newer Electron has `webContents.fromFrame` for it. */
function contentsOf({ top }: WebFrameMain): WebContents | undefined {
  return webContents.getAllWebContents().find((each) => each.mainFrame.frameTreeNodeId === top?.frameTreeNodeId)
}

const destroyed = () => new SharedChannelError('CLOSED', 'The window was destroyed.')
