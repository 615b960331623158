// In a preload: maps segments over the memory of its page, a world of its own with contextIsolation. The public API has
// no function for that yet, so this uses the addon itself, the very object that @shared-channel/native has loaded.
import { createRequire } from 'node:module'
import { order } from '../order.ts'

/** Of the events by which a page shows its memory; page.ts dispatches it. */
export const SHOW_MEMORY = 'show-memory'

/** As NativeSegment in packages/native/lib/addon.ts. */
interface NativeSegment {
  size(): number
  map(view: Uint8Array, access: number): void
}
interface Addon {
  NativeSegment: new (handle: string, readOnly: boolean, trusted: boolean) => NativeSegment
}

const READ_WRITE = 0
const WASM_PAGE = 65536
const keptAlive: unknown[] = []

export const pageActs = { mapWhatPageShows, postToPage }

/**
 * Maps over the page's own memory: the `initData` of a MediaEncryptedEvent is, in each world, an ArrayBuffer over the same
 * pages. Works on every page.
 */
function mapWhatPageShows(handle: string, trusted: boolean): void {
  const segment = openSegment(handle, trusted)
  const map = (event: Event) => {
    const { initData } = event as MediaEncryptedEvent
    if (initData !== null) segment.map(new Uint8Array(initData), READ_WRITE)
  }
  document.addEventListener(SHOW_MEMORY, map, { once: true })
}

/** Gives the page shared memory with the segment over it. Works where the page is isolated from other origins. */
function postToPage(handle: string, trusted: boolean): void {
  const segment = openSegment(handle, trusted)
  const pages = Math.ceil(segment.size() / WASM_PAGE)
  const view = new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer)
  segment.map(view, READ_WRITE)
  keptAlive.push(view)
  window.postMessage(view.buffer)
}

function openSegment(handle: string, trusted: boolean): NativeSegment {
  const { addon } = order.paths
  const { NativeSegment }: Addon = createRequire(addon)(addon)
  const segment = new NativeSegment(handle, false, trusted)
  keptAlive.push(segment)
  return segment
}
