// SharedBuffers over a channel: the texts are control records, in order with the messages.
import type { Carrier, CarrierListener, CarrierMessage } from './carrier.ts'
import { checkSize } from './checks.ts'
import { SharedChannelError } from './errors.ts'
import { reportUncaught } from './host.ts'
import { FLAG_CONTROL } from './layout.ts'
import type { ChannelInside } from './parts.ts'

/** One for each channel that ever carries buffers. */
export class ChannelCarrier implements Carrier {
  readonly #channel: ChannelInside
  readonly #listeners = new Set<CarrierListener>()
  #reason: SharedChannelError | undefined

  constructor(channel: ChannelInside) {
    this.#channel = channel
    channel.receiver.onControl = (payload) => (payload === undefined ? this.#replaced() : this.#received(payload))
    void channel.closed.then(({ reason }) => {
      this.#reason = reason ?? new SharedChannelError('CLOSED', 'The channel was closed.')
      for (const listener of [...this.#listeners]) listener.ended(this.#reason)
    })
  }

  post({ sharedChannel, buffer }: CarrierMessage): void {
    if (this.#reason !== undefined)
      throw new SharedChannelError('CLOSED', 'The channel is closed.', { cause: this.#reason })
    if (buffer !== undefined) throw noCopies()
    const { sender, owner } = this.#channel
    const text = new TextEncoder().encode(sharedChannel)
    checkSize(text.byteLength, owner.options.maxMessageBytes)
    // As replies are: behind what waits, and accepted however much that is. At the end `closed` tells.
    sender.sendDirect(FLAG_CONTROL, text, true, {}).catch((error: SharedChannelError) => {
      if (error.code !== 'CLOSED') owner.reportError(error)
    })
  }

  listen(listener: CarrierListener): () => void {
    const own = { ...listener }
    this.#listeners.add(own)
    const reason = this.#reason
    if (reason !== undefined) queueMicrotask(() => this.#listeners.has(own) && own.ended(reason))
    return () => void this.#listeners.delete(own)
  }

  addConsumer(): () => void {
    return this.#channel.receiver.addConsumer()
  }

  #replaced(): void {
    const waits = this.#channel.sender.stats.queuedMessages > 0
    for (const listener of [...this.#listeners]) listener.replaced?.(waits)
  }

  #received(payload: Uint8Array): void {
    const message = { sharedChannel: new TextDecoder().decode(payload) }
    for (const listener of [...this.#listeners]) {
      try {
        listener.message(message)
      } catch (error) {
        reportUncaught(error) // the channel goes on
      }
    }
  }
}

export const noCopies = (): SharedChannelError =>
  new SharedChannelError(
    'NOT_SUPPORTED',
    'A channel carries no copy of a buffer, and here no memory is shared (see capabilities). Send the bytes as a message, or ' +
      'post the buffer over a port.',
  )
