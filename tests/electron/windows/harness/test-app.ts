import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import type { ElectronApplication, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { BrokerSettings, Preferences } from '../app/main.ts'
import { sharedMemoryFilesOf } from './leftovers.ts'
import { cameraIn } from './plugins.ts'
import { isRunning, kill, processesOf } from './processes.ts'
import { TestWindow } from './test-window.ts'

export interface WindowOptions {
  /** Of the app's scheme, so that it makes the page's origin. */
  readonly host?: string
  /** Of the app's pages. */
  readonly file?: string
  readonly preferences?: Preferences
}

/** An app in the real Electron, seen from the test. */
export class TestApp {
  readonly electron: ElectronApplication
  /** Of the main process. */
  readonly pid: number
  readonly #process: ChildProcess
  readonly #home: string
  #lastPage = 0

  /** @param home A folder of its own, removed with it. */
  constructor(electron: ElectronApplication, home: string) {
    this.electron = electron
    this.#process = electron.process()
    this.#home = home
    if (this.#process.pid === undefined) throw new Error('Electron has not started')
    this.pid = this.#process.pid
  }

  /** Of all processes of the app that are there now. */
  get pids(): number[] {
    return processesOf(this.pid)
  }

  /** For pages that are loaded from here on. */
  async startBroker(options: BrokerSettings = cameraIn('renderer')): Promise<void> {
    await this.electron.evaluate((_, options) => main.startBroker(options), options)
  }

  /** All pages that are loaded from here on have COOP and COEP. */
  async isolatePages(): Promise<void> {
    await this.electron.evaluate(() => main.isolatePages())
  }

  /** The address of a page that no other window has. */
  newAddress(host = 'app', file = 'page.html'): string {
    return `app://${host}/${file}?page=${++this.#lastPage}`
  }

  /** A window with a page that has loaded. */
  async openWindow({ host, file, preferences = {} }: WindowOptions = {}): Promise<TestWindow> {
    const address = this.newAddress(host, file)
    await this.electron.evaluate((_, order) => main.openWindow(...order), [address, preferences] as const)
    return this.windowAt(address)
  }

  /** The window that has been opened with this address, here or by `window.open`. */
  async windowAt(address: string): Promise<TestWindow> {
    const find = () => this.electron.windows().find((page) => page.url() === address)
    await expect.poll(find, { timeout: 10_000 }).toBeDefined()
    const page = find() as Page
    await page.waitForLoadState()
    return new TestWindow(page, await this.electron.browserWindow(page))
  }

  /** In all processes with a page, and in the main process. */
  async collectGarbage(): Promise<void> {
    const collect = () => (gc as () => void)() // there by a switch
    await this.electron.evaluate(collect)
    await Promise.all(this.electron.windows().map((page) => page.evaluate(collect).catch(() => {}))) // a page may be gone
  }

  /** Ends as it does for its user, and leaves nothing. @returns The exit code, or the signal that ended it. */
  async quit(): Promise<number | NodeJS.Signals | null> {
    const all = this.pids
    const exited = once(this.#process, 'exit')
    await this.electron.close()
    await exited // its pid may be gone before its exit code is known
    await expect.poll(() => all.filter(isRunning), { timeout: 10_000 }).toEqual([])
    expect(sharedMemoryFilesOf(all)).toEqual([])
    return this.#process.exitCode ?? this.#process.signalCode
  }

  /** Ends for sure. */
  kill(): void {
    this.pids.forEach(kill)
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 })
  }
}
