/** The events of SharedBuffers that come in over a port, a process or a channel. */
import { declinedText, parseText } from './buffer-messages.ts'
import { type Carrier, type CarrierMessage, carrierOf } from './carrier.ts'
import { invalidArgument, SharedChannelError } from './errors.ts'
import type { PostedBuffer } from './posting.ts'
import { type Hold, ownerOf, type ReceivedBuffer } from './received-buffer.ts'
import { decline, receive } from './receiving.ts'
import type { BufferAccess, BufferKind, SegmentHost } from './segment-host.ts'

const TYPE = 'sharedbufferreceived'

/** A buffer came in. */
export class SharedBufferReceivedEvent extends Event {
  /** The buffer, to be handed on without the event. */
  readonly received: ReceivedBuffer
  /** What the receiver was made with: the port, process or channel that it came over. */
  readonly source: object

  /** Made by a {@link SharedBufferReceiver}. */
  constructor(received: ReceivedBuffer, source: object) {
    super(TYPE)
    this.received = received
    this.source = source
  }

  /** Of the buffer, in bytes; that of `getBuffer` may have more. */
  get size(): number {
    return this.received.size
  }

  /** What the poster allowed. */
  get access(): BufferAccess {
    return this.received.access
  }

  /** What the poster gave, as JSON holds it; `undefined` when it gave nothing. */
  get additionalData(): unknown {
    return this.received.additionalData
  }

  /** Exactly the buffer's bytes; see {@link ReceivedBuffer.bytes}. */
  get bytes(): Uint8Array {
    return this.received.bytes
  }

  /** The memory; see {@link ReceivedBuffer.getBuffer}. */
  getBuffer(options?: { kind?: BufferKind }): ArrayBufferLike {
    return this.received.getBuffer(options)
  }
}

type Listener =
  | ((event: SharedBufferReceivedEvent) => unknown)
  | { handleEvent(event: SharedBufferReceivedEvent): unknown }
type Options = Parameters<EventTarget['addEventListener']>[2]

/**
 * Receives the SharedBuffers that come in over a target, one receiver for each, and fires `sharedbufferreceived`. Posts are
 * opened as they arrive; their events are kept until the first listener is added, and then come in order.
 *
 * From its making to `close` a receiver has a listener on the target; see {@link carrierOf}. From its first listener on it is a
 * consumer of a channel.
 *
 * @example
 * const receiver = new SharedBufferReceiver(parentPort, host)
 * receiver.addEventListener('sharedbufferreceived', (event) => {
 *   draw(event.bytes, event.additionalData)
 *   receiver.releaseBuffer(event)
 * })
 */
export class SharedBufferReceiver extends EventTarget {
  readonly #target: object
  readonly #carrier: Carrier
  readonly #host: SegmentHost | undefined
  readonly #stopListening: () => void
  #leave: (() => void) | undefined
  /** What was received and is not let go of. */
  readonly #holds = new Set<Hold>()
  readonly #own = new WeakSet<ReceivedBuffer>()
  /** Events that wait for the first listener. */
  #kept: { event: SharedBufferReceivedEvent; hold: Hold }[] | undefined = []
  #hasListener = false

  /**
   * @param target What {@link carrierOf} takes.
   * @param host Opens shared memory. Without it only what comes with its bytes is received: copies, and what `toWorker`
   *   moves; everything else is declined.
   * @throws SharedChannelError `INVALID_ARGUMENT` for another target, or one that has a receiver already.
   */
  constructor(target: object, host?: SegmentHost) {
    super()
    this.#target = target
    this.#carrier = carrierOf(target)
    this.#host = host
    if (taken.has(this.#carrier)) {
      throw invalidArgument(
        'The target has a SharedBufferReceiver already. Add a listener to that one, or close it first.',
      )
    }
    taken.set(this.#carrier, this)
    this.#stopListening = this.#carrier.listen({
      message: (message) => this.#received(message),
      ended: () => {}, // what was received stays
    })
  }

  /** As every EventTarget's. The first listener of `sharedbufferreceived` gets what has come in before, soon. */
  override addEventListener(type: typeof TYPE, listener: Listener | null, options?: Options): void
  override addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: Options): void
  override addEventListener(type: string, listener: unknown, options?: Options): void {
    super.addEventListener(type, listener as EventListener, options)
    if (type !== TYPE || listener === null || this.#hasListener || !this.#isOpen) return
    this.#hasListener = true
    this.#leave = this.#carrier.addConsumer?.()
    queueMicrotask(() => this.#fireKept())
  }

  /** As every EventTarget's. */
  override removeEventListener(type: typeof TYPE, listener: Listener | null, options?: Options): void
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: Options,
  ): void
  override removeEventListener(type: string, listener: unknown, options?: Options): void {
    super.removeEventListener(type, listener as EventListener, options)
  }

  /**
   * Lets go of a buffer, and tells the poster. It is detached (its length is 0); a `'shared'` one becomes private zeroes.
   *
   * @param buffer What `getBuffer` gave, or the event.
   * @throws SharedChannelError `INVALID_ARGUMENT` for a buffer that this receiver has not received, or that was released
   *   before.
   */
  releaseBuffer(buffer: ArrayBufferLike | SharedBufferReceivedEvent): void {
    const isObject = typeof buffer === 'object' && buffer !== null
    const received =
      buffer instanceof SharedBufferReceivedEvent ? buffer.received : isObject ? ownerOf(buffer) : undefined
    if (received === undefined || !this.#own.has(received)) {
      throw invalidArgument('releaseBuffer takes an event of this receiver, or the buffer that its getBuffer gave.')
    }
    received.release()
  }

  /**
   * Receives nothing any more. What no listener has seen is declined; all other buffers are released. Safe to call again.
   */
  close(): void {
    if (!this.#isOpen) return
    taken.delete(this.#carrier)
    this.#stopListening()
    this.#leave?.()
    const kept = this.#kept ?? []
    this.#kept = undefined
    const reason = new SharedChannelError('CLOSED', 'the receiver was closed before anybody took the buffer.')
    for (const { hold } of kept) hold.release('The receiver was closed.', (id) => declinedText(id, reason))
    for (const hold of [...this.#holds]) hold.release('The receiver was closed.')
  }

  /** What the events name as theirs. */
  protected get source(): object {
    return this.#target
  }

  get #isOpen(): boolean {
    return taken.get(this.#carrier) === this
  }

  #received({ sharedChannel, buffer }: CarrierMessage): void {
    const post = parseText(sharedChannel)
    if (post?.verb === 'unreadable') {
      const reason = 'this receiver cannot read the post. Use the same version of Shared Channel on both sides.'
      decline(this.#carrier, post.id, new SharedChannelError('NOT_SUPPORTED', reason))
    }
    if (post?.verb !== 'post') return
    let event: SharedBufferReceivedEvent
    let hold: Hold
    try {
      const result = receive(this.#carrier, post, buffer, this.#host, (left) => this.#holds.delete(left))
      hold = result.hold
      event = new SharedBufferReceivedEvent(result.received, this.source)
    } catch {
      return // the poster was told
    }
    this.#holds.add(hold)
    this.#own.add(event.received)
    if (this.#kept !== undefined) this.#kept.push({ event, hold })
    else this.dispatchEvent(event)
  }

  #fireKept(): void {
    for (let next = this.#kept?.shift(); next !== undefined; next = this.#kept?.shift()) this.dispatchEvent(next.event)
    this.#kept = undefined
  }
}

/** The open receiver of each carrier. */
const taken = new WeakMap<Carrier, SharedBufferReceiver>()

/**
 * Moves a received buffer to a worker without a copy. There a {@link SharedBufferReceiver} on `self` or `parentPort` fires the
 * same event; what it releases is released here too, and so it is at the worker's end, if its host tells of that (Node does,
 * the web does not). Here the buffer is detached.
 *
 * @param event The event, or the buffer of a message.
 * @param worker A Worker, or a MessagePort to one.
 * @returns Whether the worker has `received` and `released` it.
 * @throws SharedChannelError `NOT_SUPPORTED` where the engine has no resizable buffers (Electron before 24);
 *   `INVALID_ARGUMENT` when `getBuffer` gave another kind before, or for another target; `CLOSED` when it was released.
 * @example
 * receiver.addEventListener('sharedbufferreceived', (event) => toWorker(event, worker))
 */
export function toWorker(event: SharedBufferReceivedEvent | ReceivedBuffer, worker: object): PostedBuffer {
  return ('received' in event ? event.received : event).toWorker(worker)
}
