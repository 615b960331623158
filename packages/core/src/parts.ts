/** What the parts of a channel (sender.ts, receiver.ts, calls.ts) know of it. */
import type { ChannelOptions } from './channel-options.ts'
import type { ChannelEnd } from './channel-types.ts'
import type { Codec } from './codec.ts'
import type { SharedChannelError } from './errors.ts'
import type { Bell } from './ring.ts'
import type { Sender } from './sender.ts'

/** One name of a protocol. With a `reply` it is a call. */
export interface Outgoing {
  readonly name: string
  readonly id: number
  readonly codec: Codec<never, unknown>
  readonly reply: Codec<never, unknown> | undefined
}

/** One name of a protocol that comes in, and who wants it; at most one for a call. */
export interface Incoming extends Outgoing {
  handlers: readonly ((data: never) => unknown)[]
}

/** Where a channel keeps what `carrierOf` needs of it; of any copy of this package. */
export const INSIDE = Symbol.for('shared-channel.inside')

/** What carries SharedBuffers over a channel. In a file of its own, which a page that posts none does not load. */
export interface ChannelInside {
  readonly sender: Sender
  readonly receiver: {
    onControl: ((payload?: Uint8Array) => void) | undefined
    addConsumer(): () => void
  }
  readonly owner: Owner
  readonly closed: Promise<ChannelEnd>
}

/** The channel that the parts belong to. */
export interface Owner {
  readonly options: Required<ChannelOptions>
  /** Where this side says what it waits for. */
  readonly bell: Bell
  /** Where the other side does. Whoever takes its announcement calls `wakePeer`. */
  readonly peerBell: Bell
  wakePeer(): void
  /** Whether the other side has said that it sends no more. */
  peerHasClosed(): boolean
  /** Ends the channel with what reading or writing the shared memory threw. Returns the reason. */
  fail(error: unknown): SharedChannelError
  /** What to throw once the channel is closed. */
  closedError(): SharedChannelError
  /** An error that does not end the channel. */
  reportError(error: unknown): void
  /** Whether the event loop must live on may have changed. */
  changed(): void
}
