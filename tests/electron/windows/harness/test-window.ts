import type { BrowserWindow } from 'electron'
import type { Frame, JSHandle, Page } from 'playwright-core'
import { expect } from 'vitest'
import { isRunning, kill } from './processes.ts'

/** A window of the app, seen from the test. */
export class TestWindow {
  /** Its page, in which the test's own code runs by `evaluate`. */
  readonly page: Page
  /** It in the main process. */
  readonly native: JSHandle<BrowserWindow>

  constructor(page: Page, native: JSHandle<BrowserWindow>) {
    this.page = page
    this.native = native
  }

  /** Of its renderer; other windows may have the same. */
  pid(): Promise<number> {
    return this.native.evaluate((window) => window.webContents.getOSProcessId())
  }

  /** Adds an iframe to the page and waits until it has loaded. */
  async addFrame(address: string): Promise<Frame> {
    await this.page.evaluate(
      (address) =>
        new Promise<void>((resolve) => {
          const frame = document.createElement('iframe')
          frame.src = address
          frame.onload = () => resolve()
          document.body.append(frame)
        }),
      address,
    )
    const frame = this.page.frames().find((frame) => frame.url() === address)
    if (frame === undefined) throw new Error(`there is no frame with ${address}`)
    await frame.waitForLoadState()
    return frame
  }

  /** As with the reload button. */
  async reload(): Promise<void> {
    await this.page.reload()
  }

  /** Asks it to close, and waits until it has. */
  async close(): Promise<void> {
    await this.native.evaluate((window) => window.close())
    await expect.poll(() => this.native.evaluate((window) => window.isDestroyed())).toBe(true)
  }

  /** Without a word to the page. */
  async destroy(): Promise<void> {
    await this.native.evaluate((window) => window.destroy())
  }

  /** Its renderer crashes; nothing runs in this page afterwards. */
  async crash(): Promise<void> {
    const pid = await this.pid()
    await this.native.evaluate((window) => window.webContents.forcefullyCrashRenderer())
    await expect.poll(() => isRunning(pid)).toBe(false)
  }

  /** Somebody ends its renderer from outside; nothing runs in this page afterwards. */
  async kill(): Promise<void> {
    const pid = await this.pid()
    kill(pid)
    await expect.poll(() => isRunning(pid)).toBe(false)
  }
}
