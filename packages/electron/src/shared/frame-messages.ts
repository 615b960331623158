// What the main process and a preload say to each other: once over IPC, to exchange a port, then over that port. It ends
// with the page, and nobody else has it.
import type { OpenPluginOptions } from '@shared-channel/native'
import type { MemoryWay } from './bridge.ts'
import type { PlainError } from './plain-error.ts'

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
