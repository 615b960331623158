// The main process of the app whose windows the tests drive. The tests call into it by `app.evaluate`, where they
// find Electron and, as the global `main`, what is exported here.
import { openSync } from 'node:fs'
import { app, BrowserWindow, type WebPreferences } from 'electron'
import { registerScheme, servePages } from './app-scheme.ts'

/** Those that the tests set. */
export type Preferences = Pick<
  WebPreferences,
  'sandbox' | 'contextIsolation' | 'nodeIntegration' | 'nodeIntegrationInSubFrames' | 'preload'
>

const tools = {
  /** Resolves when its page has loaded. The preferences stand beside the defaults: no Node but in the preload. */
  async openWindow(address: string, preferences: Preferences): Promise<void> {
    const webPreferences = { contextIsolation: true, nodeIntegration: false, sandbox: false, ...preferences }
    const window = new BrowserWindow({
      show: false,
      webPreferences: { ...webPreferences, backgroundThrottling: false },
    })
    await window.loadURL(address)
  },

  /** Nothing else happens in this process for so many milliseconds. */
  block(milliseconds: number): void {
    const end = Date.now() + milliseconds
    while (Date.now() < end);
  },

  /** Opens files and leaves them open. */
  holdFiles(count: number): void {
    for (let opened = 0; opened < count; opened++) openSync('/dev/null', 'r')
  },
}

declare global {
  /** In the main process. */
  var main: typeof tools
}
globalThis.main = tools

registerScheme()
app.on('window-all-closed', () => {}) // the tests end the app
app.whenReady().then(servePages)
