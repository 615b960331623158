// The main process of the app whose windows the tests drive. The tests call into it by `app.evaluate`, where they
// find Electron and, as the global `main`, what is exported here.
import { openSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Broker,
  type BrokerOptions,
  createBroker,
  isolationHeaders,
  registerAppScheme,
} from '@shared-channel/electron/main'
import { app, BrowserWindow, session, type WebFrameMain, type WebPreferences } from 'electron'

import { nextFromPage, postOnce, showRounds } from './buffers.ts'

/** Those that the tests set. */
export type Preferences = Pick<
  WebPreferences,
  'sandbox' | 'contextIsolation' | 'nodeIntegration' | 'nodeIntegrationInSubFrames' | 'preload'
>

/** Of the broker, without what cannot cross to this process. */
export type BrokerSettings = Omit<BrokerOptions, 'session'>

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

  /** All pages that are loaded from here on have COOP and COEP. */
  isolatePages: () => isolationHeaders(session.defaultSession),

  startBroker(options: BrokerSettings): void {
    tools.broker = createBroker(options)
  },

  /** The one that was started. */
  broker: undefined as unknown as Broker,

  /** What `broker.connect` has made, by name. */
  connections: new Map<string, ReturnType<Broker['connect']>>(),

  /** Connects the pages with these addresses. */
  connect(name: string, [a, b]: readonly [string, string]): void {
    tools.connections.set(name, tools.broker.connect(tools.frameAt(a), tools.frameAt(b), { name }))
  },

  /** The window's page or the iframe with this address. */
  frameAt(address: string): WebFrameMain {
    const frames = BrowserWindow.getAllWindows().flatMap((window) => window.webContents.mainFrame.framesInSubtree)
    const frame = frames.find(({ url }) => url === address)
    if (frame === undefined) throw new Error(`there is no frame with ${address}`)
    return frame
  },

  postOnce: (address: string, size: number, seed: number) => postOnce(tools.broker, tools.frameAt(address), size, seed),

  showRounds: (address: string, sizes: readonly number[]) => showRounds(tools.broker, tools.frameAt(address), sizes),

  nextFromPage: () => nextFromPage(tools.broker),

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

registerAppScheme(join(__dirname, 'pages'))
app.on('window-all-closed', () => {}) // the tests end the app
