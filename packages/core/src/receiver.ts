/**
 * The receiving half of a channel: takes messages from the ring that the other side writes and hands them to consumers,
 * a batch at a time; sleeps when there are none.
 */
import type { Calls } from './calls.ts'
import type { MessageHandler } from './channel-types.ts'
import { Deferred } from './deferred.ts'
import { afterOtherEvents } from './host.ts'
import { FLAG_CALL, FLAG_CONTROL, FLAG_REPLY, WAITING_FOR_DATA, WAITING_FOR_ROOM } from './layout.ts'
import { MESSAGE, MessageReader } from './message.ts'
import { MessageIterator } from './message-iterator.ts'
import type { Incoming, Owner } from './parts.ts'
import type { RingReader } from './ring.ts'

/** The clock is read once per so many messages (fewer at the start, in case handlers are slow) or bytes of a batch. */
const MESSAGES_PER_CLOCK_READING = 32
const BYTES_PER_CLOCK_READING = 1 << 18

/** When messages are taken from the ring; it only goes up. When there is a consumer: */
const NEEDED = 0
/** Also without one, so that the other side can finish. */
export const ALL = 1
/** Whether or not slow iterators and handlers that hold the ring are done. */
export const FORCED = 2
/** Never: the ring is left alone. */
const STOPPED = 3

/** @typeParam T A message as iterators give it: `{ type, data }`. */
export class Receiver<T> {
  readonly stats = { receivedMessages: 0, receivedBytes: 0, unhandled: 0 }
  /** Resolved when the other side sends no more, and what it sent has been handed out. */
  readonly drained = new Deferred<void>()

  /** Given the payload of each control record, and nothing when the other side is another one than before; must not throw. */
  onControl: ((payload?: Uint8Array) => void) | undefined

  #ring!: RingReader
  #reader!: MessageReader
  readonly #incoming: ReadonlyMap<number, Incoming>
  readonly #calls: Calls
  readonly #owner: Owner

  readonly #consumers = new Set<() => void>()
  readonly #iterators = new Set<MessageIterator<T>>()
  readonly #warned = new Set<number>()
  /** Promises of handlers that still look at the last message in shared memory. */
  #held = 0
  /** How many want nothing to be taken for now. */
  #pauses = 0
  #draining = false
  #drainScheduled = false
  /** The other side was asked to ring, and has not yet. */
  #asleep = false
  #mode = NEEDED

  constructor(ring: RingReader, incoming: ReadonlyMap<number, Incoming>, calls: Calls, owner: Owner) {
    this.#incoming = incoming
    this.#calls = calls
    this.#owner = owner
    this.use(ring)
  }

  /** Somebody waits for messages. */
  get isWanted(): boolean {
    return this.#consumers.size > 0
  }

  /** There is one consumer more: messages are taken from the ring. Returns how to take it away again. */
  addConsumer(): () => void {
    const leave = () => {
      this.#consumers.delete(leave)
      this.#consumersChanged()
    }
    this.#consumers.add(leave)
    this.#consumersChanged()
    return leave
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
    const iterator = new MessageIterator<T>(
      () => this.#scheduleDrain(),
      () => {
        this.#iterators.delete(iterator)
        leave()
      },
    )
    this.#iterators.add(iterator)
    return iterator
  }

  /** Takes nothing from the ring for now, whoever wants it. Returns how to go on; safe to call twice. */
  pause(): () => void {
    this.#pauses++
    let resume = () => {
      resume = () => {}
      this.#pauses--
      this.#consumersChanged()
    }
    return () => resume()
  }

  /** Towards the end of the channel messages are taken `ALL`, then `FORCED`. */
  take(mode: typeof ALL | typeof FORCED): void {
    this.#mode = Math.max(this.#mode, mode)
    this.drain()
  }

  /** Takes messages from this ring from now on, from its beginning; `drain` follows. */
  use(ring: RingReader): void {
    this.#ring = ring
    this.#reader = new MessageReader(ring, this.#owner.options.maxMessageBytes)
    this.onControl?.()
  }

  /** Nothing is taken from the ring any more. */
  stop(): void {
    this.#mode = STOPPED
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
    if (this.#draining || this.#drainScheduled || this.#mode === STOPPED) return
    this.#draining = true
    this.#asleep = false
    try {
      this.#handOut()
      if (this.#held === 0 || this.#mode === FORCED) {
        // The last message is given back too, whatever ended the batch.
        this.#reader.release()
        this.#publishRoom()
        if (this.#isDrained()) this.drained.resolve()
      }
    } catch (error) {
      this.#owner.fail(error)
    } finally {
      this.#draining = false
    }
  }

  #handOut(): void {
    const deadline = performance.now() + this.#owner.options.receiveBudget
    let messagesToClock = 1
    let messages = 0
    let bytes = 0
    while (this.#takesMessages()) {
      if (this.#reader.next() === MESSAGE) {
        bytes += this.#reader.length
        this.#deliver()
        if (this.#ring.shouldPublish()) this.#publishRoom()
        if (++messages < messagesToClock && bytes < BYTES_PER_CLOCK_READING) continue
      } else {
        this.#publishRoom()
        if (this.#findsNoMore()) return
      }
      if (performance.now() >= deadline) {
        this.#scheduleDrain()
        return
      }
      messagesToClock = Math.min(2 * messagesToClock, MESSAGES_PER_CLOCK_READING)
      messages = bytes = 0
    }
  }

  #takesMessages(): boolean {
    if (this.#mode >= FORCED) return this.#mode === FORCED
    if (this.#held > 0 || (this.#mode === NEEDED && (this.#pauses > 0 || !this.isWanted))) return false
    for (const iterator of this.#iterators) if (iterator.isFull) return false
    return true
  }

  /** The ring is empty: has the other side be asked to ring, unless it sends no more. False when something came meanwhile. */
  #findsNoMore(): boolean {
    if (this.#isDrained()) return true
    const { bell } = this.#owner
    bell.announce(WAITING_FOR_DATA)
    this.#asleep = !this.#ring.hasMore()
    if (!this.#asleep) bell.withdraw(WAITING_FOR_DATA)
    return this.#asleep
  }

  /** The order matters: what the other side sent before it closed is in the ring once its state says closed. */
  #isDrained(): boolean {
    return this.#owner.peerHasClosed() && !this.#ring.hasMore()
  }

  #scheduleDrain(): void {
    if (this.#drainScheduled || this.#mode === STOPPED) return
    this.#drainScheduled = true
    afterOtherEvents(() => {
      this.#drainScheduled = false
      this.drain()
    })
  }

  #publishRoom(): void {
    if (this.#ring.publish() && this.#owner.peerBell.take(WAITING_FOR_ROOM)) this.#owner.wakePeer()
  }

  /** Gives the reader's message to everyone who wants its type. */
  #deliver(): void {
    const reader = this.#reader
    const { id, kind, length } = reader
    const incoming = this.#incoming.get(id)
    this.stats.receivedMessages++
    this.stats.receivedBytes += length
    if (kind === FLAG_CALL) {
      void this.#calls.called(incoming, id, reader.call, this.#payload('copy'))
      return
    }
    if (kind === FLAG_REPLY) {
      this.#calls.replied(reader.call, reader.status, this.#payload('copy'))
      return
    }
    if (kind === FLAG_CONTROL) {
      this.onControl?.(this.#payload('copy'))
      return
    }
    // The name of a call is none for a message.
    if (incoming === undefined || incoming.reply !== undefined) {
      this.#drop(id, undefined)
      return
    }
    const { codec, handlers, name } = incoming
    if (handlers.length === 0 && this.#iterators.size === 0) {
      codec.unwanted?.(this.#payload('copy'))
      this.#drop(id, name)
      return
    }
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
    const message = { type: name, data: kept } as T
    for (const iterator of this.#iterators) iterator.push(message, length)
    const isHeld = isView && reader.assembled === undefined
    for (const handler of handlers) this.#call(handler, data, isHeld)
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

  /** A handler that returns a promise keeps data that `isHeld` in shared memory until it settles. */
  #call(handler: MessageHandler<never>, data: unknown, isHeld: boolean): void {
    let result: unknown
    try {
      result = handler(data as never)
      if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return
    } catch (error) {
      this.#owner.reportError(error)
      return
    }
    if (isHeld) this.#held++
    Promise.resolve(result)
      .catch((error) => this.#owner.reportError(error))
      .finally(() => {
        if (isHeld && --this.#held === 0) this.drain()
      })
  }

  #drop(id: number, name: string | undefined): void {
    this.stats.unhandled++
    // At the end nobody may be listening any more; that is no mistake.
    if (this.#warned.has(id) || this.#mode !== NEEDED) return
    this.#warned.add(id)
    const reason = name === undefined ? 'the protocol has no such id' : `nobody called channel.on('${name}', …)`
    console.warn(`Shared Channel drops messages of type ${id} (see stats().unhandled): ${reason}.`)
  }

  #consumersChanged(): void {
    this.#owner.changed()
    // Not at once: whoever subscribes may want to subscribe to more before the first message comes.
    if (!this.#asleep && this.#takesMessages()) this.#scheduleDrain()
  }
}

/** Where payloads go that a codec needs for the time of its `decode` only. */
const SCRATCH = new Uint8Array(65536)
