// Memory of the page that this world sees too, by three ways. Where the worlds are one (contextIsolation: false) they work
// just the same.
import { SharedChannelError } from '@shared-channel/core'
import type { HandedOver, MemoryWay, PageSide } from '../shared/bridge.ts'
import { unwrap } from '../shared/plain-error.ts'

/** Memory that native code can be mapped over, and by which name the page knows it. */
export interface SharedPages {
  readonly view: Uint8Array
  readonly token: string
  /** Once the memory is mapped: gives it to the page, if it has not been the page's from the beginning. */
  handOver(): void
}

const WASM_PAGE = 65536

/** As newer libraries of types have it. */
const ResizableArrayBuffer: new (length: number, options: { maxByteLength: number }) => ArrayBuffer = ArrayBuffer

/** @throws SharedChannelError `OUT_OF_MEMORY`, `NOT_SUPPORTED`. */
export function allocatePages(way: MemoryWay, page: PageSide, size: number): SharedPages {
  const token = makeToken()
  if (way === 'aliased') return { view: aliased(page, token, size), token, handOver: () => {} }
  const view = way === 'shared' ? makeShared(size) : makeTransferable(size)
  const handOver = () => {
    const message: HandedOver = { sharedChannelToken: token, memory: view.buffer }
    window.postMessage(message, '*', way === 'transferable' ? [view.buffer as ArrayBuffer] : [])
  }
  return { view, token, handOver }
}

/** Gives the page a port. */
export function handOverPort(port: MessagePort): string {
  const token = makeToken()
  window.postMessage({ sharedChannelToken: token } satisfies HandedOver, '*', [port])
  return token
}

/**
 * What the page has shown, by its number: each ArrayBuffer that is made over memory counts as if it had memory of its own, and
 * with large ones the engine collects garbage each time. The page holds it; here it must not be held, or the page's memory were.
 */
const seen = new Map<number, WeakRef<ArrayBuffer>>()
const collected = new FinalizationRegistry<number>((id) => {
  if (seen.get(id)?.deref() === undefined) seen.delete(id)
})

/**
 * The page's own memory: the `initData` of a MediaEncryptedEvent is, in each world, an ArrayBuffer over the same pages. That is
 * how the engine behaves and nobody's promise, so it is probed before it is relied on.
 */
function aliased(page: PageSide, token: string, size: number): Uint8Array {
  const id = unwrap(page.makeMemory(token, size))
  const buffer = seen.get(id)?.deref() ?? lookAt(page, token, id)
  if (buffer?.byteLength === size) return new Uint8Array(buffer)
  throw new SharedChannelError('NOT_SUPPORTED', 'The page could not show its memory to its preload.')
}

function lookAt(page: PageSide, token: string, id: number): ArrayBuffer | undefined {
  let data: ArrayBuffer | null | undefined
  const look = (event: Event) => {
    data = (event as MediaEncryptedEvent).initData
  }
  document.addEventListener(token, look)
  try {
    page.showMemory(token)
  } finally {
    document.removeEventListener(token, look)
  }
  if (!data) return undefined
  seen.set(id, new WeakRef(data))
  collected.register(data, id)
  return data
}

function makeShared(size: number): Uint8Array {
  const pages = size / WASM_PAGE
  try {
    // There also where the page is not isolated, and so the global SharedArrayBuffer is missing.
    return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer)
  } catch (cause) {
    throw noRoom(size, cause)
  }
}

function makeTransferable(size: number): Uint8Array {
  try {
    return new Uint8Array(new ResizableArrayBuffer(size, { maxByteLength: size }))
  } catch (cause) {
    throw noRoom(size, cause)
  }
}

function noRoom(size: number, cause: unknown): SharedChannelError {
  return new SharedChannelError('OUT_OF_MEMORY', `The page has no room for ${size} bytes. Close what is not needed.`, {
    cause,
  })
}

/** Not to be guessed, so that a page which listens for everything gains nothing by answering first. */
function makeToken(): string {
  const words = crypto.getRandomValues(new Uint32Array(4))
  return `shared-channel-${Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')}`
}
