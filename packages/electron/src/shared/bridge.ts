// What the page and its preload have of each other. All of it crosses contextBridge: plain data and functions, no class, no
// symbol; memory and ports go other ways (page-memory.ts of either side).
import type { BufferAccess, ProcessIdentity } from '@shared-channel/core'
import type { Capabilities } from '@shared-channel/native'
import type { Outcome, PlainError } from './plain-error.ts'

/** Where the page finds its preload. */
export const BRIDGE_KEY = '__sharedChannel'

/** By which ways memory reaches the page, in the order in which they are tried. */
export const MEMORY_WAYS = ['aliased', 'shared', 'transferable'] as const
export type MemoryWay = (typeof MEMORY_WAYS)[number]

/** In a message of the window: what cannot cross contextBridge. */
export interface HandedOver {
  readonly sharedChannelToken: string
  /** Memory; a port is in the message's `ports`. */
  readonly memory?: ArrayBufferLike
}

/** Functions of the page for its preload. */
export interface PageSide {
  /** Brings memory, new or used before, which is then known by `token`. Returns its number, which stays the same. */
  makeMemory(token: string, size: number): Outcome<number>
  /** Shows it by a MediaEncryptedEvent of the type `token` on the document, before this returns. */
  showMemory(token: string): void
  /** Lets go of memory that was made, or that the page waits for. */
  forgetMemory(token: string): void
  /** Reads a byte of memory that was made, and writes the next number: whether it is really the same. */
  probe(token: string): number
}

/** As LinkListener of core. */
export interface BridgedListener {
  wake(): void
  error(error: PlainError): void
  ended(reason?: PlainError): void
  interrupted(reason: PlainError): number | undefined
  resumed(replace: () => Outcome<void>): number
}

/** A link whose memory is the page's. */
export interface BridgedLink {
  readonly side: 0 | 1
  /** Of the memory. */
  readonly token: string
  wakePeer(): void
  listen(listener: BridgedListener): Outcome<void>
  stop(): Promise<void>
  close(): Promise<void>
}

/** A link over a port, which the page gets in a message of the window. */
export interface PortGrant {
  readonly side: 0 | 1
  readonly token: string
  readonly sendCapacity: number
  readonly receiveCapacity: number
  /** The link has ended in the page. */
  closed(): void
  /** Calls back when the far end is gone without a word. */
  whenLost(lost: (reason?: PlainError) => void): void
}

export type Granted = { readonly link: BridgedLink } | { readonly port: PortGrant }

/** Who is at the other end of a link that the main process has made. */
export interface LinkOrigin {
  /** The other page's origin, or `'main'`, `'utility'` or `'worker'`. */
  readonly from: string
}

/** A message about buffers, as CarrierMessage of core. */
export interface BufferMessage {
  readonly sharedChannel: string
  /** Where memory is copied. */
  readonly buffer?: ArrayBuffer
  /** Where memory comes by a message of the window. */
  readonly token?: string
}

/** A segment that the page has opened or made. */
export interface BridgedSegment {
  readonly handle: string
  /** Maps it over memory of the page, of which it returns the token. */
  map(): Outcome<string>
  /** Before `forgetMemory`. */
  unmap(): void
  close(): void
}

/** Functions of the preload for its page. */
export interface PreloadSide {
  readonly version: 1
  /** The page's functions; called once, first. */
  attach(page: PageSide): void
  capabilities(): Promise<Outcome<Capabilities>>
  useMemory(way: MemoryWay): Promise<Outcome<void>>
  /** @param id Chosen by the page, for `cancel`. */
  connect(name: string, id: number): Promise<Outcome<Granted>>
  cancel(id: number): void
  /** Calls back for each link of this name that comes from outside. */
  onLink(name: string, granted: (granted: Granted, origin: LinkOrigin) => void): void
  /** One listener for messages about buffers, of the page's one receiver. */
  onBufferMessage(received: (message: BufferMessage) => void): void
  postBufferMessage(message: BufferMessage): Outcome<void>
  openSegment(handle: string, access: BufferAccess, size: number): Outcome<BridgedSegment>
  /** Undefined where memory is copied. */
  createSegment(size: number): Promise<Outcome<BridgedSegment | undefined>>
  /** Of this renderer; undefined where memory is copied. */
  identity(): ProcessIdentity | undefined
  onWebMessage(received: (data: unknown) => void): void
  postWebMessage(data: unknown): Outcome<void>
}
