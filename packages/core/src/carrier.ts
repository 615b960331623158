import type { SharedChannelError } from './errors.ts'

/** What goes over a carrier when a SharedBuffer is posted, and what comes back. */
export interface CarrierMessage {
  /** One of the four texts of docs/wire-format.md, "Posting buffers". */
  readonly sharedChannel: string
  /** The bytes themselves, where no memory is shared, or where it is handed to a worker. */
  readonly buffer?: ArrayBuffer
}

/** Who is told of what comes over a carrier. The functions must not throw. */
export interface CarrierListener {
  message(message: CarrierMessage): void
  /** Nothing comes any more, for this reason. */
  ended(reason: SharedChannelError): void
}

/** Whatever carries messages to one other side and back, in order. */
export interface Carrier {
  /**
   * Sends a message.
   *
   * @param transfer Buffers of the message that may be moved instead of copied.
   * @throws SharedChannelError `CLOSED` when the carrier has ended, as far as it is known; `NOT_SUPPORTED` for a `buffer`
   *   where none can be carried.
   */
  post(message: CarrierMessage, transfer?: readonly ArrayBuffer[]): void
  /** Tells `listener` what comes in. Of a carrier that has ended it is told soon. Returns how to stop. */
  listen(listener: CarrierListener): () => void
  /**
   * Somebody waits for what comes in. A channel takes nothing from its ring before that; ports need no such word. Returns
   * how to take it back.
   */
  addConsumer?(): () => void
}
