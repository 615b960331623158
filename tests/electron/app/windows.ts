import { once } from 'node:events'
import { join } from 'node:path'
import { BrowserWindow, ipcMain, type WebContents } from 'electron'

/** What a preload or the utility process sends when it is done. */
export interface Done {
  readonly result?: unknown
  readonly error?: string
}

export function createWindow(contextIsolation = true): BrowserWindow {
  return new BrowserWindow({
    show: false,
    webPreferences: {
      preload: join(__dirname, 'preload.cjs'),
      contextIsolation,
      nodeIntegration: false,
      sandbox: false, // a sandboxed preload cannot load addons
      backgroundThrottling: false,
    },
  })
}

/** Those whose process is to end in a test. */
export const doomed = new WeakSet<WebContents>()

/** Loads the page, or does what `load` does, and waits for what its preload has to say. */
export async function runPreload(load: () => unknown): Promise<unknown> {
  const done = once(ipcMain, 'done')
  load()
  const [, answer] = (await done) as [unknown, Done]
  return answered(answer)
}

/** @param query `idle`: the preload opens nothing. */
export function loadPage(window: BrowserWindow, query: Record<string, string> = {}): void {
  void window.loadFile(join(__dirname, '../app/page.html'), { query })
}

export function answered(done: Done): unknown {
  if (done.error !== undefined) throw new Error(done.error)
  return done.result
}
