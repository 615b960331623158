import type { SharedChannelError } from './errors.ts'
import type { Protocol, ReceiveName, ReceivePayload, SendName, SendPayload } from './protocol.ts'

/** `'open'`; `'closing'` once `close` was called or the other side has ended; `'closed'` when nothing is left. */
export type ChannelState = 'open' | 'closing' | 'closed'

/** How a channel ended. */
export interface ChannelEnd {
  /** Why, unless it was closed by `close` or by the other side in good order and nothing was lost. */
  readonly reason?: SharedChannelError
  /** Messages that this side accepted and that the other side did not take; the reason says so too. */
  readonly unconsumed: number
}

/** What a channel has done so far. */
export interface ChannelStats {
  /** Messages in the ring or beyond, and their bytes. */
  sentMessages: number
  sentBytes: number
  /** Messages that wait for room in the ring, and the bytes kept for them (`sendDirect` keeps none). */
  queuedMessages: number
  queuedBytes: number
  /** Messages taken from the ring, and their bytes. */
  receivedMessages: number
  receivedBytes: number
  /** Of these, how many nobody wanted: no consumer of their type. */
  unhandled: number
  /** How often the other side rang this side. */
  wakeUps: number
}

/** A message as iteration and `readable` give it: told apart by `type`. */
export type ChannelMessage<P extends Protocol> = {
  [Name in ReceiveName<P>]: { readonly type: Name; readonly data: ReceivePayload<P, Name> }
}[ReceiveName<P>]

/** A message as `writable` takes it. */
export type OutgoingChannelMessage<P extends Protocol> = {
  [Name in SendName<P>]: { readonly type: Name; readonly data: SendPayload<P, Name> }
}[SendName<P>]

/** Called with each message of one type. What it throws, or a promise it returns rejects with, goes to `onError`. */
export type MessageHandler<T> = (data: T) => unknown
