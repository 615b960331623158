// The main process of the app whose windows the tests drive. The tests call into it by `app.evaluate`, where they
// find Electron and, as the global `main`, what is exported here.
import { openSync } from 'node:fs'
import { join } from 'node:path'
import type { Link } from '@shared-channel/core'
import {
  type Broker,
  type BrokerOptions,
  createBroker,
  isolationHeaders,
  registerAppScheme,
} from '@shared-channel/electron/main'
import { createSharedBuffer, type SharedBuffer } from '@shared-channel/native'
import { app, BrowserWindow, session, type WebFrameMain, type WebPreferences } from 'electron'

import { nextFromPage, type Post, postAndKeep, postOnce, showRounds } from './buffers.ts'
import { callTalks, type TalksCall } from './member-calls.ts'
import { Members } from './members.ts'
import { Talks } from './talks.ts'

/** Those that the tests set. */
export type Preferences = Pick<
  WebPreferences,
  'sandbox' | 'contextIsolation' | 'nodeIntegration' | 'nodeIntegrationInSubFrames' | 'preload'
>

/** Of the broker, without what cannot cross to this process. */
export type BrokerSettings = Omit<BrokerOptions, 'session'>

/** Who waits for a link of this process, by its name. */
const linked = new Map<string, (link: Link) => void>()

/** Buffers that stay open. */
const kept: SharedBuffer[] = []

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

  /** Connects the pages with these addresses, or the processes and workers with these names. */
  connect(name: string, [a, b]: readonly [string, string]): void {
    tools.connections.set(name, tools.broker.connect(tools.endAt(a), tools.endAt(b), { name }))
  },

  /** Links this process with one of them. */
  async link(name: string, address: string): Promise<void> {
    const link = await tools.broker.link(tools.endAt(address), { name })
    linked.get(name)?.(link)
  },

  /** The conversations of this process. */
  talks: new Talks((name, handler) => linked.set(name, handler)),

  members: new Members(join(__dirname, 'member.cjs')),

  /** Calls the Talks of a process or worker; `main` is this process. */
  call: ({ address, calls, order }: { address: string; calls: TalksCall; order: unknown }): unknown =>
    address === 'main' ? callTalks(tools.talks, calls, order) : tools.members.call(address, calls, order),

  /** Ends a process or worker, or the renderer of a window, without a word. */
  async end(address: string): Promise<void> {
    if (tools.members.find(address) !== undefined) await tools.members.end(address)
    else tools.windowAt(address)?.destroy()
  },

  reload: (address: string) => tools.windowAt(address)?.reload(),

  windowAt: (address: string) =>
    BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL() === address),

  endAt: (address: string) => tools.members.find(address) ?? tools.frameAt(address),

  /** The window's page or the iframe with this address. */
  frameAt(address: string): WebFrameMain {
    const windows = BrowserWindow.getAllWindows().filter(({ webContents }) => !webContents.isCrashed())
    const frames = windows.flatMap(({ webContents }) => webContents.mainFrame.framesInSubtree)
    const frame = frames.find(({ url }) => url === address)
    if (frame === undefined) throw new Error(`there is no frame with ${address}`)
    return frame
  },

  postOnce: (address: string, size: number, seed: number) => postOnce(tools.broker, tools.frameAt(address), size, seed),

  postAndKeep: (address: string, post: Post) => postAndKeep(tools.broker, tools.frameAt(address), post),

  showRounds: (address: string, sizes: readonly number[]) => showRounds(tools.broker, tools.frameAt(address), sizes),

  nextFromPage: () => nextFromPage(tools.broker),

  /** Nothing else happens in this process for so many milliseconds. Returns when that was. */
  block(milliseconds: number): { from: number; until: number } {
    const from = Date.now()
    const until = from + milliseconds
    while (Date.now() < until);
    return { from, until }
  },

  /** What was thrown in this process and caught by nobody, since `collectUncaught`. */
  uncaught: [] as string[],

  collectUncaught(): void {
    const uncaught = (error: unknown) =>
      tools.uncaught.push(error instanceof Error ? String(error.stack) : String(error))
    process.on('uncaughtException', uncaught)
    process.on('unhandledRejection', uncaught)
  },

  /** Posts a buffer of 100 bytes that is read-only, and keeps it. Returns its handle. */
  postHandle(address: string): string {
    const buffer = createSharedBuffer(100)
    kept.push(buffer)
    tools.broker.postSharedBuffer(tools.frameAt(address), buffer)
    return buffer.handle
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
