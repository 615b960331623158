/**
 * The receiving half of a channel: takes messages from the ring that the other side writes and hands them to consumers,
 * a batch at a time; sleeps when there are none.
 */
import type { ChannelOptions } from './channel-options.ts'
import type { ChannelStats, MessageHandler } from './channel-types.ts'
import type { Codec } from './codec.ts'
import { Deferred } from './deferred.ts'
import { SharedChannelError } from './errors.ts'
import { afterOtherEvents, now } from './host.ts'
import { FLAG_CALL, FLAG_REPLY, WAITING_FOR_DATA, WAITING_FOR_ROOM } from './layout.ts'
import { MESSAGE, MessageReader, memoryIsGone } from './message.ts'
import { MessageIterator } from './message-iterator.ts'
import type { Bell, RingReader } from './ring.ts'

/** One type of message that comes in, and who wants it. */
export interface Incoming {
  readonly name: string
  readonly codec: Codec<never, unknown>
  handlers: readonly MessageHandler<never>[]
}

/** Whom a receiver belongs to. */
export interface ReceiverOwner {
  wakePeer(): void
  /** Whether the other side has said that it sends no more. */
  peerHasClosed(): boolean
  /** Ends the channel with this reason. */
  fail(reason: SharedChannelError): void
  reportError(error: unknown): void
  /** A call came in: `payload` is its own. */
  called(id: number, call: number, payload: Uint8Array): void
  /** A reply came in: `payload` is its own. */
  replied(call: number, status: number, payload: Uint8Array): void
  /** `isWanted` may have changed. */
  changed(): void
}

/** The clock is read once per so many messages (fewer at the start, in case handlers are slow) or bytes of a batch. */
const MESSAGES_PER_CLOCK_READING = 32
const BYTES_PER_CLOCK_READING = 1 << 18

/** @typeParam T A message as iterators give it: `{ type, data }`. */
export class Receiver<T> {
  /** Resolved when the other side sends no more, and what it sent has been handed out. */
  readonly drained = new Deferred<void>()

  readonly #bell: Bell
  readonly #peerBell: Bell
  readonly #ring: RingReader
  readonly #reader: MessageReader
  readonly #incoming: ReadonlyMap<number, Incoming>
  readonly #budget: number
  readonly #owner: ReceiverOwner

  #consumers = 0
  readonly #iterators = new Set<MessageIterator<T>>()
  readonly #warned = new Set<number>()
  /** Counts the promises of handlers that still look at shared memory; a new one for each message. */
  #held: { pending: number } | undefined
  #draining = false
  #drainScheduled = false
  /** `needed`: consumers are waited for; `all`: messages are taken without; `forced`: also from slow ones. */
  #mode: 'needed' | 'all' | 'forced' | 'stopped' = 'needed'

  #messages = 0
  #bytes = 0
  #unhandled = 0

  constructor(
    ring: RingReader,
    bell: Bell,
    peerBell: Bell,
    incoming: ReadonlyMap<number, Incoming>,
    options: Required<ChannelOptions>,
    owner: ReceiverOwner,
  ) {
    this.#ring = ring
    this.#reader = new MessageReader(ring, options.maxMessageBytes)
    this.#bell = bell
    this.#peerBell = peerBell
    this.#incoming = incoming
    this.#budget = options.receiveBudget
    this.#owner = owner
  }

  /** Somebody waits for messages. */
  get isWanted(): boolean {
    return this.#consumers > 0
  }

  get stats(): Pick<ChannelStats, 'receivedMessages' | 'receivedBytes' | 'unhandled'> {
    return { receivedMessages: this.#messages, receivedBytes: this.#bytes, unhandled: this.#unhandled }
  }

  /** There is one consumer more: messages are taken from the ring. Returns how to take it away again. */
  addConsumer(): () => void {
    this.#changeConsumers(1)
    let added = true
    return () => {
      if (added) this.#changeConsumers(-1)
      added = false
    }
  }

  addHandler(incoming: Incoming, handler: MessageHandler<never>): () => void {
    const own: MessageHandler<never> = (data) => handler(data)
    incoming.handlers = [...incoming.handlers, own]
    const leave = this.addConsumer()
    return () => {
      incoming.handlers = incoming.handlers.filter((other) => other !== own)
      leave()
    }
  }

  iterate(): MessageIterator<T> {
    const leave = this.addConsumer()
    const iterator = new MessageIterator<T>({
      hasRoomAgain: () => this.#scheduleDrain(),
      left: () => {
        this.#iterators.delete(iterator)
        leave()
      },
    })
    this.#iterators.add(iterator)
    return iterator
  }

  /** At the end messages are taken without consumers too, so that the other side can finish. */
  takeAll(): void {
    if (this.#mode === 'needed') this.#mode = 'all'
    this.drain()
  }

  /** Says that all is handed out if there is nothing, when nobody has asked for messages. */
  finishIfEmpty(): void {
    try {
      if (!this.#takesMessages() && this.#held === undefined && !this.#ring.hasMore()) this.drained.resolve()
    } catch (error) {
      this.#owner.fail(memoryIsGone(error))
    }
  }

  /** Nobody is waited for any more: not for slow iterators, nor for handlers that hold the ring. */
  force(): void {
    if (this.#mode !== 'stopped') this.#mode = 'forced'
    this.#held = undefined
    this.drain()
  }

  /** Nothing is taken from the ring any more. */
  stop(): void {
    this.#mode = 'stopped'
    this.drained.resolve()
  }

  /** The end of the channel: iterators give what they hold, then end with `reason`. */
  end(reason: unknown): void {
    this.stop()
    for (const iterator of this.#iterators) iterator.end(reason)
    this.#iterators.clear()
  }

  /** Hands messages out, until there are none or the others in the event loop want their turn. */
  drain(): void {
    if (this.#draining || this.#drainScheduled || !this.#takesMessages()) return
    this.#draining = true
    const deadline = now() + this.#budget
    let messagesToClock = 1
    let messages = 0
    let bytes = 0
    try {
      while (this.#takesMessages()) {
        if (this.#reader.next() === MESSAGE) {
          bytes += this.#reader.length
          this.#deliver()
          if (this.#ring.shouldPublish()) this.#publishRoom()
          if (++messages < messagesToClock && bytes < BYTES_PER_CLOCK_READING) continue
        } else {
          this.#publishRoom()
          if (this.#findsNoMore()) break
        }
        if (now() >= deadline) {
          this.#scheduleDrain()
          break
        }
        messagesToClock = Math.min(2 * messagesToClock, MESSAGES_PER_CLOCK_READING)
        messages = bytes = 0
      }
      if (this.#held === undefined) {
        // The last message is given back too, whatever ended the batch.
        this.#reader.release()
        this.#publishRoom()
      }
    } catch (error) {
      this.#owner.fail(error instanceof SharedChannelError ? error : memoryIsGone(error))
    } finally {
      this.#draining = false
    }
  }

  #takesMessages(): boolean {
    if (this.#mode === 'forced') return true
    if (this.#mode === 'stopped' || this.#held !== undefined) return false
    if (this.#mode === 'needed' && this.#consumers === 0) return false
    for (const iterator of this.#iterators) if (iterator.isFull) return false
    return true
  }

  /** The ring is empty: has the other side be asked to ring, unless it sends no more. False when something came meanwhile. */
  #findsNoMore(): boolean {
    // The order matters: what the other side sent before it closed is in the ring once its state says closed.
    const closed = this.#owner.peerHasClosed()
    if (this.#ring.hasMore()) return false
    if (closed) {
      this.drained.resolve()
      return true
    }
    this.#bell.announce(WAITING_FOR_DATA)
    if (!this.#ring.hasMore()) return true
    this.#bell.withdraw(WAITING_FOR_DATA)
    return false
  }

  #scheduleDrain(): void {
    if (this.#drainScheduled || this.#mode === 'stopped') return
    this.#drainScheduled = true
    afterOtherEvents(() => {
      this.#drainScheduled = false
      this.drain()
    })
  }

  #publishRoom(): void {
    if (this.#ring.publish() && this.#peerBell.take(WAITING_FOR_ROOM)) this.#owner.wakePeer()
  }

  /** Gives the reader's message to everyone who wants its type. */
  #deliver(): void {
    const reader = this.#reader
    this.#messages++
    this.#bytes += reader.length
    if (reader.kind !== 0) {
      this.#deliverCall()
      return
    }
    const incoming = this.#incoming.get(reader.id)
    if (incoming === undefined || (incoming.handlers.length === 0 && this.#iterators.size === 0)) {
      this.#drop(reader.id, incoming)
      return
    }
    const { codec, handlers, name } = incoming
    const isView = codec.input === 'view'
    let data: unknown
    let kept: unknown
    try {
      data = codec.decode(this.#payload(codec.input))
      kept = isView && this.#iterators.size > 0 ? codec.decode(this.#payload('copy')) : data
    } catch (error) {
      this.#owner.reportError(error)
      return
    }
    const { length } = reader
    const message = { type: name, data: kept } as T
    for (const iterator of this.#iterators) iterator.push(message, length)
    const hold = isView && reader.inRing ? { pending: 0 } : undefined
    for (const handler of handlers) this.#call(handler, data, hold)
    if (hold !== undefined && hold.pending > 0) this.#held = hold
  }

  #deliverCall(): void {
    const { kind, id, call, status } = this.#reader
    const payload = this.#payload('copy')
    if (kind === FLAG_CALL) this.#owner.called(id, call, payload)
    else if (kind === FLAG_REPLY) this.#owner.replied(call, status, payload)
  }

  #payload(input: 'copy' | 'scratch' | 'view' | undefined): Uint8Array {
    const { assembled, offset, length } = this.#reader
    if (assembled !== undefined) return assembled
    const { bytes } = this.#ring
    if (input === 'view') return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length)
    if (input === 'scratch' && length <= SCRATCH.byteLength) {
      SCRATCH.set(bytes.subarray(offset, offset + length))
      return SCRATCH.subarray(0, length)
    }
    return bytes.slice(offset, offset + length)
  }

  /** `hold`, if the data is in shared memory, keeps it there until the handler's promise settles. */
  #call(handler: MessageHandler<never>, data: unknown, hold: { pending: number } | undefined): void {
    let result: unknown
    try {
      result = handler(data as never)
      if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return
    } catch (error) {
      this.#owner.reportError(error)
      return
    }
    if (hold !== undefined) hold.pending++
    Promise.resolve(result)
      .catch((error) => this.#owner.reportError(error))
      .finally(() => {
        if (hold === undefined || --hold.pending > 0 || this.#held !== hold) return
        this.#held = undefined
        this.drain()
      })
  }

  #drop(id: number, incoming: Incoming | undefined): void {
    this.#unhandled++
    // At the end nobody may be listening any more; that is no mistake.
    if (this.#warned.has(id) || this.#mode !== 'needed') return
    this.#warned.add(id)
    console.warn(
      incoming === undefined
        ? `Shared Channel: messages of type ${id} arrive, which the protocol does not name. They are dropped and counted in stats().unhandled.`
        : `Shared Channel: nobody takes "${incoming.name}". Its messages are dropped and counted in stats().unhandled; channel.on('${incoming.name}', …) receives them.`,
    )
  }

  #changeConsumers(by: number): void {
    this.#consumers += by
    this.#owner.changed()
    // Not at once: whoever subscribes may want to subscribe to more before the first message comes.
    if (this.#takesMessages()) this.#scheduleDrain()
  }
}

/** Where payloads go that a codec needs for the time of its `decode` only. */
const SCRATCH = new Uint8Array(65536)
