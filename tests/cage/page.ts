// A page of the browser, seen from the test.
import { once } from 'node:events'
import type { DevTools } from './devtools.ts'

/** What lies at page-aligned addresses in V8, and so can have a segment mapped over it. */
export type Kind = 'memory' | 'shared memory' | 'resizable' | 'growable'
export const KINDS: readonly Kind[] = ['memory', 'shared memory', 'resizable', 'growable']

/** What page/page.js does. Offsets and lengths in bytes. */
export interface PageFunctions {
  /** Whether COOP and COEP have their effect. */
  isolated(): boolean
  /** Makes the page's buffer and marks its two ends. Returns the marker, 32 hexadecimal digits. */
  make(kind: Kind, length: number): string
  /** Through the view that was made first, or, after `transfer`, through the one over the new buffer. */
  read(offset: number): number | undefined
  write(offset: number, value: number): void
  /**
   * Replaces the buffer, an ArrayBuffer, by one that was transferred: in the way of `postMessage`, or by the buffer's own
   * method. Returns whether the old one is detached.
   */
  transfer(how: 'clone' | 'method'): boolean
  /** Detaches what can be detached. Returns the old view's length, and a new one's or why there is none. */
  release(): { length: number; newView: number | string }
  /** Leaves the buffer to the garbage collection, and ends the worker. */
  forget(): void
  /** Shares the buffer with a worker; an ArrayBuffer is transferred. Returns the length that the worker sees. */
  postToWorker(): Promise<number>
  workerRead(offset: number): Promise<number | undefined>
  workerWrite(offset: number, value: number): Promise<number | undefined>
}

interface Evaluation {
  readonly result: { readonly value?: unknown }
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } }
}

/** How the process of a page ended. */
export interface Crash {
  readonly targetId: string
  readonly status: string
  /** The signal's number. */
  readonly errorCode: number
}

export class Page {
  readonly #devTools: DevTools
  readonly #targetId: string
  readonly #sessionId: string

  private constructor(devTools: DevTools, targetId: string, sessionId: string) {
    this.#devTools = devTools
    this.#targetId = targetId
    this.#sessionId = sessionId
  }

  static async open(devTools: DevTools, url: string): Promise<Page> {
    const { targetId } = await devTools.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
    const attach = { targetId, flatten: true }
    const { sessionId } = await devTools.send<{ sessionId: string }>('Target.attachToTarget', attach)
    const page = new Page(devTools, targetId, sessionId)
    await page.#send('Page.enable')
    await page.#loading(() => page.#send('Page.navigate', { url }))
    return page
  }

  /** Calls a function of the page; throws what it throws. */
  async call<Name extends keyof PageFunctions>(
    name: Name,
    ...args: Parameters<PageFunctions[Name]>
  ): Promise<Awaited<ReturnType<PageFunctions[Name]>>> {
    const expression = `page.${name}(${args.map((arg) => JSON.stringify(arg)).join()})`
    const options = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = await this.#send<Evaluation>('Runtime.evaluate', options)
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    }
    return result.value as Awaited<ReturnType<PageFunctions[Name]>>
  }

  reload(): Promise<void> {
    return this.#loading(() => this.#send('Page.reload'))
  }

  /** Frees all that nothing refers to. */
  async collectGarbage(): Promise<void> {
    await this.#send('HeapProfiler.collectGarbage')
  }

  /** Comes when the page's process has crashed. */
  async crash(): Promise<Crash> {
    for (;;) {
      const [crash] = (await once(this.#devTools, 'Target.targetCrashed')) as [Crash]
      if (crash.targetId === this.#targetId) return crash
    }
  }

  async close(): Promise<void> {
    await this.#devTools.send('Target.closeTarget', { targetId: this.#targetId })
  }

  async #loading(start: () => Promise<unknown>): Promise<void> {
    const loaded = once(this.#devTools, `${this.#sessionId} Page.loadEventFired`)
    await start()
    await loaded
  }

  #send<Result>(method: string, params?: object): Promise<Result> {
    return this.#devTools.send(method, params, this.#sessionId)
  }
}
