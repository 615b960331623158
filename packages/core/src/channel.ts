/**
 * A typed channel over a {@link Link}: two rings in shared memory, a queue in front of the one that we write, consumers
 * behind the one that we read.
 *
 * Everything here runs on the thread that made the channel. Nothing polls: when there is nothing to do the channel
 * announces what it waits for in shared memory, and the other side rings (`Bell` in ring.ts).
 */
import { type ChannelOptions, checkOptions } from './channel-options.ts'
import type { ChannelEnd, ChannelMessage, ChannelState, ChannelStats, MessageHandler } from './channel-types.ts'
import type { Codec } from './codec.ts'
import { Deferred } from './deferred.ts'
import { SharedChannelError } from './errors.ts'
import { afterOtherEvents, now, reportUncaught } from './host.ts'
import {
  readLayout,
  SIDE_STRIDE,
  type Side,
  STATE_CLOSED,
  STATE_OFFSET,
  WAITING_FOR_DATA,
  WAITING_FOR_ROOM,
} from './layout.ts'
import type { Link } from './link.ts'
import { corrupt, MESSAGE, MessageReader, MessageWriter, memoryIsGone, type OutgoingMessage } from './message.ts'
import { MessageIterator } from './message-iterator.ts'
import type { MessageEntry, Protocol, ReceiveName, ReceivePayload, SendName, SendPayload } from './protocol.ts'
import { Bell, CORRUPT, OK, RingReader, RingWriter } from './ring.ts'

interface Outgoing {
  readonly id: number
  readonly codec: Codec<never, unknown>
}

interface Incoming {
  readonly name: string
  readonly codec: Codec<never, unknown>
  handlers: readonly MessageHandler<never>[]
}

/** The clock is read once per so many messages (fewer at the start, in case handlers are slow) or bytes of a batch. */
const MESSAGES_PER_CLOCK_READING = 32
const BYTES_PER_CLOCK_READING = 1 << 18

/**
 * One end of a typed channel.
 *
 * @typeParam P The protocol as seen from this end.
 * @example
 * const channel = new SharedChannel(await openPlugin('/abs/libcamera'), Camera)
 * channel.on('frame', (pixels) => draw(pixels))
 * if (!channel.send('command', { exposure: 8 })) await channel.ready
 * await channel.close()
 */
export class SharedChannel<P extends Protocol> {
  readonly #link: Link
  readonly #options: Required<ChannelOptions>
  readonly #outgoing = new Map<string, Outgoing>()
  readonly #incoming = new Map<number, Incoming>()
  readonly #incomingByName = new Map<string, Incoming>()

  readonly #state32: Int32Array
  readonly #bell: Bell
  readonly #peerBell: Bell
  readonly #ringIn: RingReader
  readonly #reader: MessageReader
  readonly #writer: MessageWriter

  #state: ChannelState = 'open'
  #peerEnded = false
  #failed = false
  #reason: SharedChannelError | undefined
  readonly #closed = new Deferred<ChannelEnd>()
  /** Resolved when the other side has ended. */
  readonly #ended = new Deferred<void>()

  #queue: OutgoingMessage[] = []
  #queueStart = 0
  #queuedBytes = 0
  #ready = Deferred.resolved()

  #handlerCount = 0
  readonly #iterators = new Set<MessageIterator<ChannelMessage<P>>>()
  readonly #errorHandlers = new Set<(error: unknown) => void>()
  readonly #warned = new Set<number>()
  #draining = false
  #drainScheduled = false
  #keepsAlive = false

  #sentMessages = 0
  #sentBytes = 0
  #receivedMessages = 0
  #receivedBytes = 0
  #unhandledMessages = 0
  #wakeUps = 0

  /**
   * @param link The way to the other side; one channel per link.
   * @param protocol What is sent and received, from {@link defineProtocol}.
   * @param options Limits and times; see {@link ChannelOptions}.
   * @throws SharedChannelError `INVALID_ARGUMENT` for a bad option or a link that is in use, `CLOSED` for a closed link,
   *   `CORRUPT` or `VERSION_MISMATCH` when the link's memory is not a segment of this version.
   */
  constructor(link: Link, protocol: P, options: ChannelOptions = {}) {
    this.#link = link
    this.#options = checkOptions(options)
    for (const [name, entry] of Object.entries(protocol.send) as [string, MessageEntry][]) {
      this.#outgoing.set(name, { id: entry.id, codec: entry.codec })
    }
    for (const [name, entry] of Object.entries(protocol.receive) as [string, MessageEntry][]) {
      const incoming: Incoming = { name, codec: entry.codec, handlers: [] }
      this.#incoming.set(entry.id, incoming)
      this.#incomingByName.set(name, incoming)
    }

    const { memory, side } = link
    const peer: Side = side === 0 ? 1 : 0
    const rings = readLayout(memory)
    this.#state32 = new Int32Array(memory, STATE_OFFSET + SIDE_STRIDE * side, 1)
    this.#bell = new Bell(memory, side)
    this.#peerBell = new Bell(memory, peer)
    this.#ringIn = new RingReader(memory, rings[peer], peer)
    this.#reader = new MessageReader(this.#ringIn, this.#options.maxMessageBytes)
    this.#writer = new MessageWriter(new RingWriter(memory, rings[side], side))
    link.listen({
      wake: () => this.#wake(),
      error: (error) => this.#reportError(error),
      ended: (reason) => this.#peerHasEnded(reason),
    })
  }

  // ---- Sending ----

  /**
   * Sends a message. The payload is encoded or copied before this returns. Messages arrive once, in the order of the
   * calls, or the channel closes with a reason.
   *
   * @param type The message's name in the protocol.
   * @param payload What its codec takes.
   * @returns `false` when the message waits for room: it is accepted, but slow down, `await channel.ready`.
   * @throws SharedChannelError `CLOSED`; `INVALID_ARGUMENT` for an unknown name or a payload that the codec refuses;
   *   `MESSAGE_TOO_LARGE` above `maxMessageBytes`; `QUEUE_FULL` above `maxQueueBytes`, and then nothing was accepted.
   */
  send<Name extends SendName<P>>(type: Name, payload: SendPayload<P, Name>): boolean {
    if (this.#state !== 'open') throw this.#closedError()
    const outgoing = this.#outgoing.get(type)
    if (outgoing === undefined) throw unknownName(type, 'sends', this.#outgoing.keys())
    const bytes = outgoing.codec.encode(payload as never)
    const size = bytes?.byteLength
    // Elements of one byte each: anything else would be sent as something else.
    if (size === undefined || bytes.length !== size) throw notBytes(type)
    try {
      if (this.#queueIsEmpty() && this.#writer.fitsOneRecord(size) && size <= this.#options.maxMessageBytes) {
        const status = this.#writer.tryWriteWhole(outgoing.id, bytes)
        if (status === OK) {
          this.#sentMessages++
          this.#sentBytes += size
          if (this.#peerBell.take(WAITING_FOR_DATA)) this.#link.wakePeer()
          return true
        }
        if (status === CORRUPT) throw this.#fail(corrupt('an impossible reading position'))
      }
      return this.#enqueue(outgoing.id, bytes)
    } catch (error) {
      throw error instanceof SharedChannelError ? error : this.#fail(memoryIsGone(error))
    }
  }

  /**
   * Resolves when messages no longer wait for room, at once when none do. A new promise each time `send` has returned
   * `false`. Rejects with the reason when the channel ends first.
   */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  // ---- Receiving ----

  /**
   * Calls `handler` with each message of one type. Nothing is taken from the ring before there is a first consumer; until
   * then the sender feels the back-pressure. Consumers of a type share the decoded payload.
   *
   * @param type The message's name in the protocol.
   * @param handler Called in order, one message at a time. A view (`bytes({ view: true })`) is valid until it returns.
   * @returns Takes the handler away again; safe to call twice.
   * @throws SharedChannelError `CLOSED`, or `INVALID_ARGUMENT` for an unknown name.
   * @example
   * const stop = channel.on('frame', (pixels) => draw(pixels))
   */
  on<Name extends ReceiveName<P>>(type: Name, handler: MessageHandler<ReceivePayload<P, Name>>): () => void {
    if (this.#state === 'closed') throw this.#closedError()
    const incoming = this.#incomingByName.get(type)
    if (incoming === undefined) throw unknownName(type, 'receives', this.#incomingByName.keys())
    const own: MessageHandler<never> = (data) => handler(data)
    incoming.handlers = [...incoming.handlers, own]
    this.#handlerCount++
    this.#consumersChanged()
    return () => {
      const rest = incoming.handlers.filter((other) => other !== own)
      if (rest.length === incoming.handlers.length) return
      incoming.handlers = rest
      this.#handlerCount--
      this.#consumersChanged()
    }
  }

  /**
   * Iterates over the messages of all types, from now on, as `{ type, data }`. A slow loop holds the ring back. Views are
   * copied. Ends with the channel; throws the reason if there was one.
   *
   * @example
   * for await (const message of channel) if (message.type === 'frame') draw(message.data)
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ChannelMessage<P>> {
    const iterator = new MessageIterator<ChannelMessage<P>>({
      hasRoomAgain: () => this.#scheduleDrain(),
      left: () => {
        this.#iterators.delete(iterator)
        this.#consumersChanged()
      },
    })
    if (this.#state === 'closed') {
      iterator.end(this.#reason)
      return iterator
    }
    this.#iterators.add(iterator)
    this.#consumersChanged()
    return iterator
  }

  /**
   * Hears of errors that do not end the channel: what the plugin reports (`PLUGIN_ERROR`), what handlers throw, what
   * codecs cannot decode. Receiving goes on. Without a handler they go to `reportError` or the console.
   *
   * @returns Takes the handler away again.
   */
  onError(handler: (error: unknown) => void): () => void {
    const own = (error: unknown) => handler(error)
    this.#errorHandlers.add(own)
    return () => {
      this.#errorHandlers.delete(own)
    }
  }

  // ---- Ending ----

  /** Where the channel is in its life. */
  get state(): ChannelState {
    return this.#state
  }

  /** Resolves when the channel has ended, however it did; never rejects. */
  get closed(): Promise<ChannelEnd> {
    return this.#closed.promise
  }

  /**
   * Accepts nothing more, sends what is queued, lets the other side take it and answer (`closeTimeout` for both), then
   * stops the other side and lets go of the memory. Safe to call again, and inside a handler, after which it takes effect.
   *
   * @returns When nothing is left; the same as `closed`.
   */
  close(): Promise<ChannelEnd> {
    if (this.#state === 'open') void this.#end()
    return this.#closed.promise
  }

  /** What the channel has done so far. */
  stats(): ChannelStats {
    return {
      sentMessages: this.#sentMessages,
      sentBytes: this.#sentBytes,
      queuedMessages: this.#queue.length - this.#queueStart,
      queuedBytes: this.#queuedBytes,
      receivedMessages: this.#receivedMessages,
      receivedBytes: this.#receivedBytes,
      unhandledMessages: this.#unhandledMessages,
      wakeUps: this.#wakeUps,
    }
  }

  // ---- The queue in front of the ring ----

  #enqueue(id: number, bytes: Uint8Array): boolean {
    const size = bytes.byteLength
    if (size > this.#options.maxMessageBytes) {
      throw new SharedChannelError(
        'MESSAGE_TOO_LARGE',
        `The message has ${size} bytes; the limit is ${this.#options.maxMessageBytes}. Send it in parts, or raise maxMessageBytes on both sides.`,
      )
    }
    const message: OutgoingMessage = { id, bytes, size, sent: 0, skipped: 0 }
    if (this.#queueIsEmpty()) {
      if (this.#tryWrite(message)) return true
      if (this.#failed) throw this.#closedError()
    } else if (this.#queuedBytes + size > this.#options.maxQueueBytes) {
      throw new SharedChannelError(
        'QUEUE_FULL',
        `${this.#queuedBytes} bytes already wait for room in the ring; the limit is ${this.#options.maxQueueBytes}. When send returns false, await channel.ready.`,
      )
    }
    // What is already in the ring need not be kept.
    message.skipped = message.sent
    message.bytes = this.#copyOf(bytes, message.sent)
    if (this.#queueIsEmpty()) this.#ready = new Deferred()
    this.#queue.push(message)
    this.#queuedBytes += size
    this.#updateRef()
    this.#pump()
    return this.#queueIsEmpty()
  }

  /** Of the caller's bytes, from `start` on: not a `slice`, which shares memory when they are a Buffer of Node's. */
  #copyOf(bytes: Uint8Array, start: number): Uint8Array {
    try {
      return new Uint8Array(bytes.subarray(start))
    } catch (cause) {
      const text = `There is no memory to keep ${bytes.byteLength - start} bytes until the ring has room.`
      const error = new SharedChannelError('OUT_OF_MEMORY', text, { cause })
      if (start > 0) this.#fail(error) // half a message is in the ring, and nothing may follow it
      throw error
    }
  }

  /** Moves the queue into the ring as far as there is room, then waits for more. */
  #pump(): void {
    let announced = false
    while (!this.#queueIsEmpty()) {
      const message = this.#queue[this.#queueStart] as OutgoingMessage
      if (!this.#tryWrite(message)) {
        if (this.#failed || announced) return
        this.#bell.announce(WAITING_FOR_ROOM)
        announced = true // and look once more: the room may have come before the announcement
        continue
      }
      announced = false
      this.#queuedBytes -= message.size
      this.#queueStart++
    }
    this.#queue = []
    this.#queueStart = 0
    this.#bell.withdraw(WAITING_FOR_ROOM)
    this.#ready.resolve()
    this.#updateRef()
  }

  #tryWrite(message: OutgoingMessage): boolean {
    const before = message.sent
    const status = this.#writer.tryWrite(message)
    if (status === CORRUPT) {
      this.#fail(corrupt('an impossible reading position'))
      return false
    }
    if ((status === OK || message.sent !== before) && this.#peerBell.take(WAITING_FOR_DATA)) this.#link.wakePeer()
    if (status !== OK) return false
    this.#sentMessages++
    this.#sentBytes += message.size
    return true
  }

  #queueIsEmpty(): boolean {
    return this.#queueStart === this.#queue.length
  }

  // ---- From the ring to the consumers ----

  #wake(): void {
    if (this.#state === 'closed') return
    this.#wakeUps++
    try {
      if (!this.#queueIsEmpty()) this.#pump()
    } catch (error) {
      this.#fail(memoryIsGone(error))
    }
    this.#drain()
  }

  /** Whether messages may be taken now. At the end all are, so that nothing that was published gets lost. */
  #wantsMessages(): boolean {
    if (this.#failed || this.#state === 'closed') return false
    if (this.#state === 'closing') return true
    if (this.#handlerCount === 0 && this.#iterators.size === 0) return false
    if (this.#iterators.size === 0) return true
    for (const iterator of this.#iterators) if (iterator.isFull) return false
    return true
  }

  /** Hands messages out, a batch at a time; sleeps when there are none. */
  #drain(): void {
    if (this.#draining || this.#drainScheduled || !this.#wantsMessages()) return
    this.#draining = true
    const deadline = now() + this.#options.receiveBudget
    let messagesToClock = 1
    let messages = 0
    let bytes = 0
    try {
      while (this.#wantsMessages()) {
        if (this.#reader.next() === MESSAGE) {
          bytes += this.#reader.length
          this.#deliver()
          if (this.#ringIn.shouldPublish()) this.#publishRoom()
          if (++messages < messagesToClock && bytes < BYTES_PER_CLOCK_READING) continue
        } else {
          this.#publishRoom()
          if (!this.#ringIn.hasMore() && this.#sleeps()) break
        }
        if (now() >= deadline) {
          this.#scheduleDrain()
          break
        }
        messagesToClock = Math.min(2 * messagesToClock, MESSAGES_PER_CLOCK_READING)
        messages = bytes = 0
      }
      // The last message is given back too, whatever ended the batch.
      this.#reader.release()
      this.#publishRoom()
    } catch (error) {
      this.#fail(error instanceof SharedChannelError ? error : memoryIsGone(error))
    } finally {
      this.#draining = false
    }
  }

  /** Nothing is in the ring: has the other side be asked to ring, unless it has ended. False when something came meanwhile. */
  #sleeps(): boolean {
    if (this.#peerEnded) {
      this.#ended.resolve()
      return true
    }
    this.#bell.announce(WAITING_FOR_DATA)
    if (!this.#ringIn.hasMore()) return true
    this.#bell.withdraw(WAITING_FOR_DATA)
    return false
  }

  #scheduleDrain(): void {
    if (this.#drainScheduled || this.#state === 'closed') return
    this.#drainScheduled = true
    afterOtherEvents(() => {
      this.#drainScheduled = false
      this.#drain()
    })
  }

  #publishRoom(): void {
    if (this.#ringIn.publish() && this.#peerBell.take(WAITING_FOR_ROOM)) this.#link.wakePeer()
  }

  /** Gives the reader's message to everyone who wants its type. */
  #deliver(): void {
    const reader = this.#reader
    this.#receivedMessages++
    this.#receivedBytes += reader.length
    const incoming = this.#incoming.get(reader.id)
    if (incoming === undefined || (incoming.handlers.length === 0 && this.#iterators.size === 0)) {
      this.#unhandled(reader.id, incoming)
      return
    }
    const { codec, handlers, name } = incoming
    let data: unknown
    let kept: unknown
    try {
      data = codec.decode(this.#payload(codec.input))
      kept = codec.input === 'view' && this.#iterators.size > 0 ? codec.decode(this.#payload('copy')) : data
    } catch (error) {
      this.#reportError(error)
      return
    }
    const message = { type: name, data: kept } as ChannelMessage<P>
    const { length } = reader
    for (const iterator of this.#iterators) iterator.push(message, length)
    for (const handler of handlers) this.#call(handler, data)
  }

  #payload(input: 'copy' | 'scratch' | 'view' | undefined): Uint8Array {
    const { assembled, offset, length } = this.#reader
    if (assembled !== undefined) return assembled
    const { bytes } = this.#ringIn
    if (input === 'view') return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length)
    if (input === 'scratch' && length <= SCRATCH.byteLength) {
      SCRATCH.set(bytes.subarray(offset, offset + length))
      return SCRATCH.subarray(0, length)
    }
    return bytes.slice(offset, offset + length)
  }

  #call(handler: MessageHandler<never>, data: unknown): void {
    try {
      const result = handler(data as never)
      if (result instanceof Promise) result.catch((error) => this.#reportError(error))
    } catch (error) {
      this.#reportError(error)
    }
  }

  #unhandled(id: number, incoming: Incoming | undefined): void {
    this.#unhandledMessages++
    // At the end nobody may be listening any more; that is no mistake.
    if (this.#warned.has(id) || this.#state !== 'open') return
    this.#warned.add(id)
    console.warn(
      incoming === undefined
        ? `Shared Channel: messages of type ${id} arrive, which the protocol does not name. They are dropped and counted in stats().unhandledMessages.`
        : `Shared Channel: nobody takes "${incoming.name}". Its messages are dropped and counted in stats().unhandledMessages; channel.on('${incoming.name}', …) receives them.`,
    )
  }

  #reportError(error: unknown): void {
    if (this.#errorHandlers.size === 0) {
      reportUncaught(error)
      return
    }
    for (const handler of this.#errorHandlers) {
      try {
        handler(error)
      } catch (second) {
        reportUncaught(second)
      }
    }
  }

  #consumersChanged(): void {
    this.#updateRef()
    // Not at once: whoever subscribes may want to subscribe to more before the first message comes.
    if (this.#wantsMessages()) this.#scheduleDrain()
  }

  // ---- The end ----

  #peerHasEnded(reason: SharedChannelError | undefined): void {
    if (this.#peerEnded) return
    this.#peerEnded = true
    this.#reason ??= reason
    if (this.#state === 'open') void this.#end()
    this.#drain()
  }

  /** The other side cannot be trusted, or is gone: the channel ends with this reason. */
  #fail(reason: SharedChannelError): SharedChannelError {
    this.#failed = true
    this.#reason ??= reason
    this.#ended.resolve()
    if (this.#state === 'open') void this.#end()
    return reason
  }

  async #end(): Promise<void> {
    this.#state = 'closing'
    this.#updateRef()
    const timeout = new Deferred<void>()
    const timer = setTimeout(timeout.resolve, this.#options.closeTimeout)
    const untilTimeout = (...events: Promise<void>[]) =>
      Promise.race([...events, timeout.promise, this.#ended.promise]).catch(() => {})

    if (!this.#peerEnded && !this.#failed) await untilTimeout(this.#ready.promise)
    this.#announceClose()
    this.#drain()
    await untilTimeout()
    clearTimeout(timer)
    await this.#link.stop()
    // What the other side had published is handed out before the memory goes.
    if (this.#peerEnded) {
      this.#drain()
      await this.#ended.promise
    }
    await this.#link.close()

    this.#state = 'closed'
    const end: ChannelEnd = {
      unsent: this.#queue.length - this.#queueStart,
      ...(this.#reason && { reason: this.#reason }),
    }
    this.#queue = []
    this.#queueStart = 0
    this.#queuedBytes = 0
    this.#ready.reject(this.#closedError())
    for (const iterator of this.#iterators) iterator.end(this.#reason)
    this.#iterators.clear()
    this.#updateRef()
    this.#closed.resolve(end)
  }

  /** Tells the other side, in shared memory, that this side sends no more. */
  #announceClose(): void {
    try {
      Atomics.store(this.#state32, 0, STATE_CLOSED)
      this.#peerBell.move()
    } catch (error) {
      this.#fail(memoryIsGone(error))
    }
    this.#link.wakePeer()
  }

  #closedError(): SharedChannelError {
    const cause = this.#reason
    return new SharedChannelError(
      'CLOSED',
      cause === undefined ? 'The channel is closed. Open a new one.' : `The channel is closed: ${cause.message}`,
      cause && { cause },
    )
  }

  /** The host's event loop is kept alive while somebody waits for messages or messages wait for room. */
  #updateRef(): void {
    const keepsAlive =
      this.#state === 'closing' ||
      (this.#state === 'open' && (this.#handlerCount > 0 || this.#iterators.size > 0 || !this.#queueIsEmpty()))
    if (keepsAlive === this.#keepsAlive) return
    this.#keepsAlive = keepsAlive
    if (keepsAlive) this.#link.ref()
    else this.#link.unref()
  }
}

/** Where payloads go that a codec needs for the time of its `decode` only. */
const SCRATCH = new Uint8Array(65536)

function notBytes(name: string): SharedChannelError {
  return new SharedChannelError('INVALID_ARGUMENT', `The codec of "${name}" must encode to a Uint8Array.`)
}

function unknownName(name: string, does: string, known: Iterable<string>): SharedChannelError {
  const names = [...known].map((other) => `"${other}"`).join(', ')
  return new SharedChannelError(
    'INVALID_ARGUMENT',
    `The protocol ${does} no message "${String(name)}"; it ${does} ${names === '' ? 'none' : names}.`,
  )
}
