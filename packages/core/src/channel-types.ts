import type { SharedChannelError } from './errors.ts'
import type { Protocol, ReceiveName, ReceivePayload } from './protocol.ts'

/** `'open'`; `'closing'` once `close` was called or the other side has ended; `'closed'` when nothing is left. */
export type ChannelState = 'open' | 'closing' | 'closed'

/** How a channel ended. */
export interface ChannelEnd {
  /** Why, unless it was closed by `close` or by the other side in good order. */
  readonly reason?: SharedChannelError
  /** Messages that `send` accepted and that never got into the ring. */
  readonly unsent: number
}

/** What a channel has done so far. */
export interface ChannelStats {
  /** Messages in the ring or beyond, and their bytes. */
  sentMessages: number
  sentBytes: number
  /** Messages that wait for room in the ring, and their bytes. */
  queuedMessages: number
  queuedBytes: number
  /** Messages taken from the ring, and their bytes. */
  receivedMessages: number
  receivedBytes: number
  /** Of these, how many nobody wanted: no consumer of their type. */
  unhandledMessages: number
  /** How often the other side rang this side. */
  wakeUps: number
}

/** A message as iteration gives it: its name and its payload. */
export type ChannelMessage<P extends Protocol> = {
  [Name in ReceiveName<P>]: { readonly type: Name; readonly data: ReceivePayload<P, Name> }
}[ReceiveName<P>]

/** Called with each message of one type. What it throws, or a promise it returns rejects with, goes to `onError`. */
export type MessageHandler<T> = (data: T) => unknown
