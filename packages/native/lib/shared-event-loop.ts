// Pages of one renderer share its event loop; see EventLoop in src/addon/environment.hpp.
import { stat } from 'node:fs'
import { Socket } from 'node:net'
import { type Addon, loadAddon } from './addon.ts'

/** Runs a function as a task of the page, without Node's event loop. */
type Soon = (task: () => void) => void

let isCalled = false

/** How long a loop that runs may take to say so, in milliseconds; it rests while one page takes another's place. */
const LONGEST_REST = 800

/**
 * For the preload of each page as soon as it is there, whether it uses anything else of this package or not: its process may
 * have other pages. Loads the addon.
 *
 * @param soon Runs a function as a task of the page, without Node's event loop.
 * @throws SharedChannelError `NOT_SUPPORTED` when the addon cannot be loaded.
 */
export function shareEventLoop(soon: Soon): void {
  if (isCalled) return
  const addon = loadAddon()
  isCalled = true
  addon.whenShared(() => readMail(addon, soon))
  // In a renderer: when the page is left, before its environment ends.
  process.once('exit', () => addon.tellOthers())
}

/**
 * Whether anybody runs the event loop. Electron does it for the first page of a renderer, and, when that has gone, for the next one
 * that comes.
 */
export function eventLoopRuns(): Promise<boolean> {
  return new Promise((resolve) => {
    const rests = setTimeout(() => resolve(false), LONGEST_REST) // a page's, which needs no loop of Node's
    stat('/', () => {
      clearTimeout(rests)
      resolve(true)
    })
  })
}

function readMail(addon: Addon, soon: Soon): void {
  const fd = addon.useSocket(() => soon(() => addon.openMail()))
  const callback = () => {
    addon.openMail()
    return true
  }
  const options = { fd, readable: true, writable: false, onread: { buffer: new Uint8Array(64), callback } }
  new Socket(options).unref()
}
