// The page's part in memory that its preload sees too.
import { SharedChannelError } from '@shared-channel/core'
import type { HandedOver, PageSide } from '../shared/bridge.ts'
import { outcomeOf } from '../shared/plain-error.ts'

const WASM_PAGE = 65536
/**
 * A `WebAssembly.Memory` reserves gigabytes of address space, which comes back only when the engine collects it, and a page has
 * room for about a hundred: so they are used again.
 */
const MOST_SPARE = 16

/** What comes by a message of the window, and who waits for it. */
interface Arrival {
  readonly arrived: Promise<MessageEvent<HandedOver>>
  readonly resolve: (event: MessageEvent<HandedOver>) => void
}

/** Memory of the page that its preload sees too. */
interface PageMemory {
  /** By which the preload knows it. */
  readonly id: number
  readonly memory: WebAssembly.Memory
  /** What was shown. It is held because the preload's view of it lives as long. */
  shown?: ArrayBuffer
}

/** Until the page takes it. */
const made = new Map<string, PageMemory>()
/** Of each buffer that the page has taken: found by it and held by nobody else, so that what nobody uses is collected. */
const taken = new WeakMap<ArrayBufferLike, PageMemory>()
const arrivals = new Map<string, Arrival>()
const spare: PageMemory[] = []
let lastId = 0

/** The functions for the preload. */
export const pageSide: PageSide = {
  makeMemory: (token, size) =>
    outcomeOf(() => {
      const memory = takeSpare(size) ?? { id: ++lastId, memory: newMemory(size) }
      made.set(token, memory)
      return memory.id
    }),
  showMemory: (token) => {
    const memory = made.get(token) as PageMemory
    memory.shown = memory.memory.buffer
    document.dispatchEvent(new MediaEncryptedEvent(token, { initData: memory.shown }))
  },
  forgetMemory: (token) => {
    const buffer = madeMemory(token)
    if (buffer !== undefined) releaseMemory(buffer)
    arrivals.delete(token)
  },
  probe: (token) => {
    const view = new Uint8Array((made.get(token) as PageMemory).memory.buffer)
    const found = view[0] as number
    view[0] = found + 1
    return found
  },
}

/** Hears what the preload hands over; before it is attached. */
export function listenForMemory(): void {
  addEventListener('message', (event: MessageEvent<Partial<HandedOver> | null>) => {
    const token = event.source === window ? event.data?.sharedChannelToken : undefined
    if (typeof token !== 'string' || !token.startsWith('shared-channel-')) return
    event.stopImmediatePropagation()
    arrivalOf(token).resolve(event as MessageEvent<HandedOver>)
  })
}

/** Takes the memory of a token, when it is here. */
export async function memoryOf(token: string): Promise<ArrayBufferLike> {
  return madeMemory(token) ?? ((await takeArrival(token)).data.memory as ArrayBufferLike)
}

/** Takes memory that the page has made; undefined for what the preload hands over. */
export function madeMemory(token: string): ArrayBuffer | undefined {
  const found = made.get(token)
  if (found === undefined) return undefined
  made.delete(token)
  taken.set(found.memory.buffer, found)
  return found.memory.buffer
}

/** The port of a token, when it is here. */
export async function portOf(token: string): Promise<MessagePort> {
  return (await takeArrival(token)).ports[0] as MessagePort
}

/** Detaches memory that nothing is mapped over any more; a SharedArrayBuffer, which cannot be, is left to the engine. */
export function releaseMemory(buffer: ArrayBufferLike): void {
  const found = taken.get(buffer)
  taken.delete(buffer)
  if (found !== undefined) {
    found.memory.grow(0) // makes a new buffer of the same pages, and detaches the old one
    if (spare.length < MOST_SPARE) spare.push(found)
  } else if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) {
    structuredClone(buffer, { transfer: [buffer] })
  }
}

function takeSpare(size: number): PageMemory | undefined {
  const index = spare.findIndex(({ memory }) => memory.buffer.byteLength === size)
  return index < 0 ? undefined : spare.splice(index, 1)[0]
}

function newMemory(size: number): WebAssembly.Memory {
  const pages = size / WASM_PAGE
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages })
  } catch (cause) {
    if (spare.length > 0) {
      spare.length = 0 // their address space may be what is missing
      return newMemory(size)
    }
    throw new SharedChannelError(
      'OUT_OF_MEMORY',
      `The page has no room for ${size} bytes more. It may have about a hundred channels and fixed buffers at once: close those that are not needed, or put many small buffers into parts of a larger one.`,
      { cause },
    )
  }
}

function arrivalOf(token: string): Arrival {
  const known = arrivals.get(token)
  if (known !== undefined) return known
  let resolve!: Arrival['resolve']
  const arrived = new Promise<MessageEvent<HandedOver>>((settle) => {
    resolve = settle
  })
  const arrival = { arrived, resolve }
  arrivals.set(token, arrival)
  return arrival
}

async function takeArrival(token: string): Promise<MessageEvent<HandedOver>> {
  const event = await arrivalOf(token).arrived
  arrivals.delete(token)
  return event
}
