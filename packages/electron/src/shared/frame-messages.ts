// What the main process and a preload say to each other: once over IPC, to exchange a port, then over that port. It ends
// with the page, and nobody else has it.
import type { CarrierMessage } from '@shared-channel/core'
import type { OpenPluginOptions } from '@shared-channel/native'
import type { MemoryWay } from './bridge.ts'
import type { PlainError } from './plain-error.ts'
import { isArrayBuffer } from './port-messages.ts'

/** The IPC message by which a preload sends its port. */
export const HELLO = 'shared-channel:hello'

export interface Hello {
  /** Of these messages. */
  readonly version: 1
  /** No native code in this window, whatever happens. */
  readonly isSandboxed: boolean
}

export interface Capacities {
  readonly sendCapacity: number
  readonly receiveCapacity: number
}

/** Where a link of a page comes from. */
export type Grant =
  /** The plugin is opened by the preload, in a thread or a process of its own. */
  | { readonly kind: 'plugin'; readonly path: string; readonly options: OpenPluginOptions }
  /** The preload makes a channel and sends its handle; somebody opens the other end, then comes `opened`. */
  | ({ readonly kind: 'channel' } & Capacities)
  /** The link runs over the port that comes along. */
  | ({ readonly kind: 'port' } & Capacities)

export type FromMain =
  /** The first answer. */
  | {
      readonly type: 'welcome'
      /** The file of `@shared-channel/native/host`. */
      readonly host: string
      readonly trusted: boolean
      /** For tests: the only way for memory to try. */
      readonly memory: MemoryWay | undefined
      /** Whether native code may run in this page (main/renderers.ts). */
      readonly isNative: boolean
    }
  | { readonly type: 'refused'; readonly error: PlainError }
  | { readonly type: 'granted'; readonly id: string; readonly grant: Grant }
  | { readonly type: 'opened'; readonly id: string }
  | { readonly type: 'failed'; readonly id: string; readonly error: PlainError }
  /** A link that this side did not ask for; its port comes along. */
  | ({ readonly type: 'link'; readonly id: string; readonly name: string; readonly from: string } & LinkRole)
  /** The other end of a link is gone without a word, or main closes it. */
  | { readonly type: 'end'; readonly id: string; readonly error?: PlainError }
  | { readonly type: 'web-message'; readonly data: unknown }

export type FromPreload =
  /** `isNative`: whether native code can share memory with this page. */
  | { readonly type: 'connect'; readonly id: string; readonly name: string; readonly isNative: boolean }
  | { readonly type: 'cancel'; readonly id: string }
  | { readonly type: 'handle'; readonly id: string; readonly handle: string }
  /** The link has ended here. */
  | { readonly type: 'closed'; readonly id: string }
  | { readonly type: 'web-message'; readonly data: unknown }

/** Who of the two makes the channel; the other one opens it. */
export type LinkRole = { readonly role: 'maker' | 'opener' } & Capacities

// ---- What a page says may be anything ----

/** Undefined for what is no hello. */
export function readHello(value: unknown): Hello | undefined {
  if (!isRecord(value) || value.version !== 1) return undefined
  return { version: 1, isSandboxed: value.isSandboxed === true } // older Electron leaves it out where it is false
}

/** Undefined for what is no message. */
export function readFromPreload(value: unknown): FromPreload | CarrierMessage | undefined {
  if (!isRecord(value)) return undefined
  const { type, id, name, isNative, handle, sharedChannel, buffer, data } = value
  if (typeof sharedChannel === 'string') return isArrayBuffer(buffer) ? { sharedChannel, buffer } : { sharedChannel }
  if (type === 'web-message') return { type, data }
  if (typeof id !== 'string') return undefined
  switch (type) {
    case 'connect':
      return typeof name === 'string' ? { type, id, name, isNative: isNative === true } : undefined
    case 'handle':
      return typeof handle === 'string' ? { type, id, handle } : undefined
    case 'cancel':
    case 'closed':
      return { type, id }
    default:
      return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
