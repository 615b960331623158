// One end of a port that carries a channel: opens the conversation, checks what comes, and says when it is over.
import { SharedChannelError } from '@shared-channel/core'
import type { PlainError } from './plain-error.ts'
import { canTransfer, listenTo, type Port } from './port.ts'
import { corrupt, type PortMessage, portClosed, readMessage } from './port-messages.ts'

/** Below this, copying the bytes once more is cheaper than moving them. */
const MIN_TRANSFER = 8192

export interface PortEndListener {
  /** Never `open`. What this throws ends the conversation. */
  message(message: PortMessage<SharedChannelError>): void
  /** Nothing more comes: the port was closed, or the far end cannot be trusted. */
  failed(reason: SharedChannelError): void
}

export class PortEnd {
  readonly #port: Port
  readonly #capacities: readonly [number, number]
  readonly #canBeStopped: boolean
  readonly #listener: PortEndListener
  /** What the far end said first. */
  #far: Extract<PortMessage<unknown>, { type: 'open' }> | undefined
  #hasSpoken = false
  #isOver = false

  /** Nothing is sent, and nothing heard, before `start` or the first `post`. */
  constructor(port: Port, capacities: readonly [number, number], canBeStopped: boolean, listener: PortEndListener) {
    this.#port = port
    this.#capacities = capacities
    this.#canBeStopped = canBeStopped
    this.#listener = listener
  }

  /** Does the far end answer `stop`? */
  get canStopFar(): boolean {
    return this.#far?.canBeStopped === true
  }

  start(): void {
    this.#open()
    listenTo(this.#port, {
      message: (data) => this.#received(data),
      unreadable: () => this.fail(corrupt('what cannot be read')),
      closed: () => this.fail(portClosed()),
    })
  }

  post(message: PortMessage<PlainError>): void {
    if (this.#isOver) return
    this.#open()
    const bytes = message.type === 'progress' ? message.bytes : undefined
    const moves = bytes !== undefined && bytes.byteLength >= MIN_TRANSFER && this.#far?.takesTransfers === true
    if (moves && canTransfer(this.#port)) this.#port.postMessage(message, [bytes])
    else this.#port.postMessage(message)
  }

  ref(): void {
    this.#port.ref?.()
  }

  unref(): void {
    this.#port.unref?.()
  }

  /** The conversation is over, and both ends are told why. */
  fail(error: unknown): void {
    const reason = error instanceof SharedChannelError ? error : unusable(error)
    try {
      const { code, message } = reason
      this.post({ type: 'ended', reason: { code, message: `The other side ended the channel: ${message}` } })
    } catch {
      // a port that cannot even say so
    }
    this.#isOver = true
    this.#listener.failed(reason)
  }

  /** Nothing is said or heard any more; what was posted still arrives. */
  close(): void {
    this.#isOver = true
    this.#port.close()
  }

  #open(): void {
    if (this.#hasSpoken) return
    this.#hasSpoken = true
    this.#port.postMessage({
      type: 'open',
      capacities: this.#capacities,
      takesTransfers: canTransfer(this.#port),
      canBeStopped: this.#canBeStopped,
    } satisfies PortMessage<PlainError>)
  }

  #received(data: unknown): void {
    if (this.#isOver) return
    try {
      const message = readMessage(data)
      if (message === undefined) throw corrupt('an impossible message')
      if (message.type !== 'open' && this.#far !== undefined) this.#listener.message(message)
      else this.#opened(message)
    } catch (error) {
      this.fail(error)
    }
  }

  #opened(message: PortMessage<SharedChannelError>): void {
    if (message.type !== 'open' || this.#far !== undefined) throw corrupt('a message out of its turn')
    if (message.capacities.some((capacity, ring) => capacity !== this.#capacities[ring])) {
      throw corrupt(
        `that its rings have ${message.capacities.join(' and ')} bytes, not ${this.#capacities.join(' and ')}`,
      )
    }
    this.#far = message
  }
}

const unusable = (cause: unknown): SharedChannelError =>
  new SharedChannelError('CORRUPT', 'The memory or the port of the channel cannot be used. Leave both alone.', {
    cause,
  })
