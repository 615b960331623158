/**
 * A channel over a MessagePort, for where no memory can be shared, as in a sandboxed window. Each end of the port has
 * memory of its own, and a `MemoryMirror` in it that plays the far side. What was written since the last message goes in
 * one message, so that a burst costs one.
 *
 * It is a link as any other: in order, with back-pressure over both rings and nothing kept beside them, and nothing polls.
 */
import {
  isValidCapacity,
  type Link,
  type LinkListener,
  MemoryMirror,
  SharedChannelError,
  type Side,
  segmentSize,
  writeLayout,
} from '@shared-channel/core'
import { type PlainError, packError } from './plain-error.ts'
import type { Port } from './port.ts'
import { PortEnd } from './port-end.ts'
import { corrupt, type PortMessage, portClosed } from './port-messages.ts'

export interface PortLinkOptions {
  /** Which end this is; the other end of the port is the other. */
  side: Side
  /** Bytes of the ring to the other side: a power of two, 4 KiB to 1 GiB; what is the other's `receiveCapacity`. */
  sendCapacity: number
  /** Bytes of the ring from the other side. */
  receiveCapacity: number
  /** Hears when what is at the other end is back after a crash, and how many messages were lost. Must not throw. */
  onRestart?: (lost: number, reason: SharedChannelError) => void
}

export interface PortLink extends Link {
  /** To be called by whoever learns that the other end is gone, where the port does not tell. */
  lost(reason?: SharedChannelError): void
}

/** How long `stop` waits for what is at the other end, in milliseconds; it has a shorter limit of its own. */
const STOP_TIMEOUT = 10_000

/** How many errors are kept for a listener that has not come. */
const MAX_EARLY_ERRORS = 64

/**
 * One end of a channel over a port, for a `SharedChannel` here. At the other end is another `portLink`, or a `mirrorLink`.
 *
 * @param port The port, for nothing but this. It is closed with the link.
 * @throws SharedChannelError `OUT_OF_MEMORY`.
 * @example
 * const channel = new SharedChannel(portLink(port, { side: 0, sendCapacity: 65536, receiveCapacity: 65536 }), Camera)
 */
export const portLink = (port: Port, options: PortLinkOptions): PortLink => new LinkOverPort(port, options)

class LinkOverPort implements PortLink {
  readonly side: Side
  readonly #memory: ArrayBuffer
  readonly #onRestart: ((lost: number, reason: SharedChannelError) => void) | undefined
  readonly #end: PortEnd
  readonly #mirror: MemoryMirror
  #listener: LinkListener | undefined
  #earlyErrors: SharedChannelError[] = []
  #wasWoken = false
  /** The other side has ended, or this one has stopped; and why. */
  #ended: { readonly reason: SharedChannelError | undefined } | undefined
  #whenEnded = () => {}
  /** Why what is at the other end is away, while it is, and how many messages were lost by that. */
  #interruption: { readonly reason: SharedChannelError; lost: number } | undefined
  #stopping: Promise<void> | undefined
  #isClosed = false

  constructor(port: Port, { side, sendCapacity, receiveCapacity, onRestart }: PortLinkOptions) {
    this.side = side
    this.#onRestart = onRestart
    const capacities =
      side === 0 ? ([sendCapacity, receiveCapacity] as const) : ([receiveCapacity, sendCapacity] as const)
    this.#memory = allocate(capacities)
    writeLayout(this.#memory, ...capacities)
    this.#mirror = new MemoryMirror(this.#memory, side === 0 ? 1 : 0)
    this.#mirror.collect()
    this.#end = new PortEnd(port, capacities, false, {
      message: (message) => this.#received(message),
      failed: (reason) => this.#hasEnded(reason),
    })
    this.#end.start()
  }

  get memory(): ArrayBufferLike {
    if (this.#isClosed) throw closedError()
    return this.#memory
  }

  /** Soon: whatever is sent in this turn of the event loop goes in one message. */
  wakePeer(): void {
    queueMicrotask(() => this.#flush())
  }

  listen(listener: LinkListener): void {
    if (this.#listener !== undefined) {
      throw new SharedChannelError('INVALID_ARGUMENT', 'This link already has a channel; open another port.')
    }
    if (this.#isClosed) throw closedError()
    this.#listener = listener
    if (this.#interruption !== undefined) this.#interruption.lost = listener.interrupted(this.#interruption.reason) ?? 0
    // Soon, so that whoever makes the channel can say first who hears of it.
    queueMicrotask(() => {
      for (const error of this.#earlyErrors.splice(0)) listener.error(error)
      if (this.#wasWoken) listener.wake()
      if (this.#ended !== undefined) listener.ended(this.#ended.reason)
    })
  }

  ref(): void {
    this.#end.ref()
  }

  unref(): void {
    this.#end.unref()
  }

  lost(reason = portClosed()): void {
    this.#end.fail(reason)
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async close(): Promise<void> {
    await this.stop()
    this.#isClosed = true
    this.#end.close()
  }

  async #stop(): Promise<void> {
    this.#flush()
    if (this.#ended === undefined && this.#end.canStopFar) await this.#stopFar()
    this.#post({ type: 'ended', ...(!this.#mirror.isNearClosed && { reason: packError(leftUnasked()) }) })
    this.#hasEnded(this.#interruption?.reason)
  }

  #stopFar(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, STOP_TIMEOUT)
      this.#whenEnded = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#post({ type: 'stop' })
    })
  }

  /** Sends what the channel here has done since the last time. */
  #flush(): void {
    if (this.#ended !== undefined) return
    try {
      const progress = this.#mirror.collect()
      if (progress !== undefined) this.#post({ type: 'progress', ...progress })
    } catch (error) {
      this.#end.fail(error)
    }
  }

  #post(message: PortMessage<PlainError>): void {
    try {
      this.#end.post(message)
    } catch (error) {
      this.#end.fail(error)
    }
  }

  #received(message: PortMessage<SharedChannelError>): void {
    if (this.#ended !== undefined) return
    switch (message.type) {
      case 'progress':
        if (this.#mirror.write(message)) this.#wake()
        break
      case 'error':
        if (this.#listener !== undefined) this.#listener.error(message.error)
        else if (this.#earlyErrors.length < MAX_EARLY_ERRORS) this.#earlyErrors.push(message.error)
        break
      case 'interrupted':
        this.#interrupted(message.reason)
        break
      case 'resumed':
        this.#resumed()
        break
      case 'ended':
        this.#hasEnded(message.reason)
        break
      default:
        throw corrupt(`"${message.type}", which is not for this end`)
    }
  }

  #wake(): void {
    this.#wasWoken = true
    this.#listener?.wake()
  }

  #hasEnded(reason: SharedChannelError | undefined): void {
    if (this.#ended !== undefined) return
    this.#ended = { reason }
    this.#whenEnded()
    this.#listener?.ended(reason)
  }

  // ---- What is at the other end ends, and comes back ----

  #interrupted(reason: SharedChannelError): void {
    if (this.#interruption !== undefined) throw corrupt('that it is away once more')
    this.#interruption = { reason, lost: 0 }
    if (this.#listener === undefined) return
    const lost = this.#listener.interrupted(reason)
    // A channel that closes does not wait for it.
    if (lost === undefined) this.#hasEnded(reason)
    else this.#interruption.lost = lost
  }

  #resumed(): void {
    const interruption = this.#interruption
    if (interruption === undefined) throw corrupt('that it is back, and was not away')
    this.#interruption = undefined
    const replace = () => this.#mirror.restart()
    if (this.#listener === undefined) replace()
    else interruption.lost += this.#listener.resumed(replace)
    this.#post({ type: 'resumed' })
    this.#wake()
    this.#onRestart?.(interruption.lost, interruption.reason)
  }
}

function allocate(capacities: readonly [number, number]): ArrayBuffer {
  for (const capacity of capacities) {
    if (!isValidCapacity(capacity)) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        `A ring has a power of two of bytes, from 4096 to 1 GiB, not ${capacity}.`,
      )
    }
  }
  const size = segmentSize(...capacities)
  try {
    return new ArrayBuffer(size)
  } catch (cause) {
    throw new SharedChannelError('OUT_OF_MEMORY', `There is no memory for ${size} bytes. Use smaller rings.`, { cause })
  }
}

const leftUnasked = () =>
  new SharedChannelError('PEER_LOST', 'The other side of the channel has ended without closing it.')
const closedError = () => new SharedChannelError('CLOSED', 'This link is closed; open another port.')
