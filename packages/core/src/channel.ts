/**
 * A typed channel over a {@link Link}: two rings in shared memory, one that we write (sender.ts) and one that we read
 * (receiver.ts). Calls and their answers (calls.ts) are messages among the others.
 *
 * Everything here runs on the thread that made the channel. Nothing polls: when there is nothing to do the channel
 * announces what it waits for in shared memory, and the other side rings (`Bell` in ring.ts).
 */
import { Calls } from './calls.ts'
import { type ChannelOptions, checkOptions } from './channel-options.ts'
import type {
  ChannelEnd,
  ChannelMessage,
  ChannelState,
  ChannelStats,
  MessageHandler,
  OutgoingChannelMessage,
} from './channel-types.ts'
import { type Codec, encode } from './codec.ts'
import { Deferred } from './deferred.ts'
import { corrupt, invalidArgument, memoryIsGone, SharedChannelError } from './errors.ts'
import { reportUncaught } from './host.ts'
import { readLayout, type Side, STATE_CLOSED, STATE_GONE } from './layout.ts'
import type { Link } from './link.ts'
import { type ChannelInside, INSIDE, type Incoming, type Outgoing, type Owner } from './parts.ts'
import type {
  CallHandlers,
  HandleName,
  MessageEntries,
  Protocol,
  ReceiveName,
  ReceivePayload,
  ReplyPayload,
  RequestName,
  SendName,
  SendPayload,
} from './protocol.ts'
import { ALL, FORCED, Receiver } from './receiver.ts'
import { Bell, RingReader, RingWriter } from './ring.ts'
import { type MessageSlot, Sender } from './sender.ts'
import { readableFrom, writableTo } from './streams.ts'
import { checkWait, type WaitOptions } from './waiting.ts'

type Kind = 'message' | 'call'
/** One direction of the protocol. */
type Names<Entry> = Readonly<Record<Kind, Map<string, Entry>>>

/**
 * One end of a typed channel.
 *
 * @typeParam P The protocol as seen from this end.
 * @example
 * const channel = new SharedChannel(await openPlugin('/abs/libcamera'), Camera)
 * channel.on('frame', (pixels) => draw(pixels))
 * if (!channel.send('command', { exposure: 8 })) await channel.ready
 * const histogram = await channel.request('measure', region, { timeout: 1000 })
 * await channel.close()
 */
export class SharedChannel<P extends Protocol> {
  /** Closes the channel at the end of an `await using` block; there where the engine knows `Symbol.asyncDispose`. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>

  /** What is sent and received, as it was given. */
  readonly protocol: P

  readonly #link: Link
  readonly #options: Required<ChannelOptions>
  readonly #outgoing: Names<Outgoing> = { message: new Map(), call: new Map() }
  readonly #incoming: Names<Incoming> = { message: new Map(), call: new Map() }

  /** The words of this side in shared memory, and those of the other. */
  readonly #bell: Bell
  readonly #peerBell: Bell
  readonly #sender: Sender
  readonly #receiver: Receiver<ChannelMessage<P>>
  readonly #calls: Calls

  #state: ChannelState = 'open'
  #reason: SharedChannelError | undefined
  /** Runs since the other side has said that it sends no more. */
  #peerTimer: ReturnType<typeof setTimeout> | undefined
  /** The other side has ended, or cannot be trusted: it neither sends nor takes anything. */
  #peerIsGone = false
  /** Resolved by `close({ discard: true })`: nothing is waited for, and what is lost was given up. */
  readonly #discarded = new Deferred<void>()
  /** Resolved when the other side is gone, or cannot be trusted any more. */
  readonly #gone = new Deferred<void>()
  readonly #closed = new Deferred<ChannelEnd>()

  readonly #errorHandlers = new Set<(error: unknown) => void>()
  #readable: ReadableStream<ChannelMessage<P>> | undefined
  #writable: WritableStream<OutgoingChannelMessage<P>> | undefined
  #mayKeepAlive = true
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
    this.protocol = protocol
    this.#options = checkOptions(options)
    for (const entry of this.#entries(protocol.send)) this.#outgoing[kindOf(entry.reply)].set(entry.name, entry)
    const byId = new Map<number, Incoming>()
    for (const entry of this.#entries(protocol.receive)) {
      const incoming: Incoming = { ...entry, handlers: [] }
      this.#incoming[kindOf(entry.reply)].set(entry.name, incoming)
      byId.set(entry.id, incoming)
    }

    const { memory, side } = link
    const peer: Side = side === 0 ? 1 : 0
    const rings = readLayout(memory)
    const writer = () => new RingWriter(memory, rings[side], side)
    const reader = () => new RingReader(memory, rings[peer], peer)
    this.#bell = new Bell(memory, side)
    this.#peerBell = new Bell(memory, peer)
    const owner: Owner = {
      options: this.#options,
      bell: this.#bell,
      peerBell: this.#peerBell,
      wakePeer: () => link.wakePeer(),
      peerHasClosed: () => this.#peerHasClosed(),
      fail: (error) => this.#fail(error),
      closedError: () => this.#closedError(),
      reportError: (error) => this.#reportError(error),
      changed: () => this.#updateRef(),
    }
    this.#sender = new Sender(writer(), owner)
    this.#calls = new Calls(this.#sender, owner)
    this.#receiver = new Receiver(reader(), byId, this.#calls, owner)
    const inside: ChannelInside = { sender: this.#sender, receiver: this.#receiver, owner, closed: this.closed }
    Object.defineProperty(this, INSIDE, { value: inside })
    if (Symbol.asyncDispose) this[Symbol.asyncDispose] = async () => void (await this.close())
    link.listen({
      wake: () => this.#wake(),
      error: owner.reportError,
      ended: (reason) => this.#peerHasEnded(reason),
      interrupted: (reason) => {
        if (this.#state !== 'open') return undefined
        this.#calls.end(reason)
        return this.#sender.pause(reason)
      },
      resumed: (replace) => {
        const lost = writer().countUnread() + reader().countUnread()
        replace()
        this.#sender.use(writer())
        this.#receiver.use(reader())
        return lost
      },
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
   *   `MESSAGE_TOO_LARGE` above `maxMessageBytes`; `QUEUE_FULL` above `maxQueueBytes` and `OUT_OF_MEMORY` when there is none
   *   to keep it, and then nothing was accepted.
   */
  send<Name extends SendName<P>>(type: Name, payload: SendPayload<P, Name>): boolean {
    const { id, codec } = this.#toSend(type)
    return this.#sender.send(id, encode(type, codec, payload), 0, 0) === undefined
  }

  /**
   * Sends a message if it can be written at once, in one piece; else keeps nothing. For data that is worthless when it is
   * late. `channel.ready` then waits until it would find room.
   *
   * @returns Whether it was sent.
   * @throws SharedChannelError as `send`; `MESSAGE_TOO_LARGE` above half of the ring.
   * @example
   * if (!channel.trySend('position', pointer)) skipped++
   */
  trySend<Name extends SendName<P>>(type: Name, payload: SendPayload<P, Name>): boolean {
    const { id, codec } = this.#toSend(type)
    return this.#sender.trySend(id, encode(type, codec, payload))
  }

  /**
   * Sends a message without a copy in the queue: from the payload's own memory into the ring as there is room, in order
   * behind what waits. Leave that memory alone until the promise settles. (What a codec encodes into memory other than the
   * payload's is copied when it has to wait.)
   *
   * @param options `timeout` in milliseconds; `signal`.
   * @returns When all of it is in the ring. Rejects with `TIMEOUT` or the signal's reason, and then the other side sees
   *   nothing of the message; with what `send` throws; with `CLOSED` when the channel ends first.
   * @example
   * await channel.sendDirect('image', pixels, { timeout: 1000 })
   */
  async sendDirect<Name extends SendName<P>>(
    type: Name,
    payload: SendPayload<P, Name>,
    options: WaitOptions = {},
  ): Promise<void> {
    const { id, codec } = this.#toSend(type)
    checkWait(options)
    const bytes = encode(type, codec, payload)
    const isOwn = bytes.buffer === (ArrayBuffer.isView(payload) ? payload.buffer : (payload as unknown))
    return this.#sender.sendDirect(id, bytes, !isOwn, options)
  }

  /**
   * Room inside the ring, to write a message in place without any copy. The bytes are those of the wire: what the
   * codec of `type` would encode to. One slot at a time; what is sent later waits for it.
   *
   * @param type The message's name in the protocol.
   * @param size Bytes, at most half of the ring less 8.
   * @returns The slot, or null when there is no room or something waits; `channel.ready` tells when to try again. A slot
   *   that is open at the end of the channel is given back.
   * @throws SharedChannelError `CLOSED`; `INVALID_ARGUMENT`; `MESSAGE_TOO_LARGE`, which names the limit.
   * @example
   * const slot = channel.reserve('frame', width * height)
   * if (slot !== null) {
   *   render(slot.bytes)
   *   slot.commit()
   * }
   */
  reserve<Name extends SendName<P>>(type: Name, size: number): MessageSlot | null {
    return this.#sender.reserve(this.#toSend(type).id, size)
  }

  /**
   * Resolves when no message waits for room any more and what `trySend` or `reserve` refused last would find it; at once
   * when that is so now. Rejects with the reason when the channel ends first.
   */
  get ready(): Promise<void> {
    return this.#sender.ready
  }

  /**
   * Resolves when all that was accepted until now is in the ring, and nothing of it in this side's memory only. Rejects when the channel ends
   * first. That the other side has taken it is told by a request, or by `close`.
   */
  flush(): Promise<void> {
    return this.#sender.flush()
  }

  /**
   * The sending side as a web stream of `{ type, data }`; always the same. It waits when messages wait for room. Closing
   * it flushes and leaves the channel open.
   *
   * @throws SharedChannelError `NOT_SUPPORTED` in a host without `WritableStream` (Electron's main process before 28).
   * @example
   * await frames.pipeTo(channel.writable)
   */
  get writable(): WritableStream<OutgoingChannelMessage<P>> {
    this.#writable ??= writableTo(
      async ({ type, data }) => {
        if (!this.send(type, data)) await this.ready
      },
      () => this.flush(),
    )
    return this.#writable
  }

  // ---- Receiving ----

  /**
   * Calls `handler` with each message of one type. Nothing is taken from the ring before there is a first consumer (`on`,
   * `handle`, iteration, `readable`, an open request); until then the sender feels the back-pressure. Consumers of a type
   * share the decoded payload.
   *
   * @param type The message's name in the protocol.
   * @param handler Called in order. A view (`bytes({ view: true })`) is valid until it returns or the promise that it
   *   returns settles; the ring and the messages behind wait for that.
   * @returns Takes the handler away again; safe to call twice.
   * @throws SharedChannelError `CLOSED`, or `INVALID_ARGUMENT` for an unknown name.
   * @example
   * const stop = channel.on('frame', (pixels) => draw(pixels))
   */
  on<Name extends ReceiveName<P>>(type: Name, handler: MessageHandler<ReceivePayload<P, Name>>): () => void {
    if (this.#state === 'closed') throw this.#closedError()
    return this.#receiver.addHandler(find(this.#incoming, 'message', type), handler)
  }

  /**
   * Iterates over the messages of all types, from now on, as `{ type, data }`. A slow loop holds the ring back. Views are
   * copied. Ends with the channel; throws the reason if there was one.
   *
   * @example
   * for await (const message of channel) if (message.type === 'frame') draw(message.data)
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ChannelMessage<P>> {
    const iterator = this.#receiver.iterate()
    if (this.#state === 'closed') iterator.end(this.#reason)
    return iterator
  }

  /**
   * The same as a web stream; always the same one, a consumer from the first time it is asked for. A slow reader holds the
   * ring back.
   *
   * @throws SharedChannelError `NOT_SUPPORTED` in a host without `ReadableStream` (Electron's main process before 28).
   * @example
   * await channel.readable.pipeThrough(decoder).pipeTo(screen)
   */
  get readable(): ReadableStream<ChannelMessage<P>> {
    this.#readable ??= readableFrom(() => this[Symbol.asyncIterator]())
    return this.#readable
  }

  /**
   * Takes nothing from the ring until the returned function is called, whatever consumers there are: for one that cannot deal
   * with messages for a while and must not miss any. The sender feels the back-pressure, and answers to calls wait, too. At the
   * end of the channel what is left is handed out all the same.
   *
   * @returns Goes on; safe to call twice. Whoever paused must do it: pauses are counted.
   * @example
   * const resume = channel.pause()
   * await dialog.closed
   * resume()
   */
  pause(): () => void {
    return this.#receiver.pause()
  }

  // ---- Calls ----

  /**
   * Calls the other side: sends a message whose entry has a `reply`, and waits for the answer. Any number of calls may be
   * open; they are answered in any order. While one is open, messages are taken from the ring: subscribe first.
   *
   * @param options `timeout` in milliseconds; `signal`. A call that was given up is not sent if it still waits for room;
   *   else its answer is ignored.
   * @returns The answer. Rejects with `REMOTE_ERROR` when the other side failed, `TIMEOUT`, the signal's reason, what `send`
   *   throws, and with the reason, or `CLOSED`, when the channel ends first.
   * @example
   * const histogram = await channel.request('measure', region, { timeout: 1000 })
   */
  async request<Name extends RequestName<P>>(
    type: Name,
    payload: SendPayload<P, Name>,
    options: WaitOptions = {},
  ): Promise<ReplyPayload<P, Name>> {
    if (this.#state !== 'open') throw this.#closedError()
    const call = find(this.#outgoing, 'call', type)
    checkWait(options)
    const answer = this.#calls.request(call, encode(type, call.codec, payload), options)
    answer.settled(this.#receiver.addConsumer())
    return answer.promise as Promise<ReplyPayload<P, Name>>
  }

  /**
   * Answers the calls of one type.
   *
   * @param handler Gets the payload, which is its own; returns the reply or a promise of it. What it throws rejects the
   *   caller with `REMOTE_ERROR` and its message.
   * @returns Takes the handler away again; calls of this type are then refused.
   * @throws SharedChannelError `CLOSED`; `INVALID_ARGUMENT` for an unknown name, or one that has a handler.
   * @example
   * channel.handle('measure', async (region) => histogramOf(await read(region)))
   */
  handle<Name extends HandleName<P>>(type: Name, handler: CallHandlers<P>[Name]): () => void {
    if (this.#state === 'closed') throw this.#closedError()
    const call = find(this.#incoming, 'call', type)
    if (call.handlers.length > 0) throw invalidArgument(`"${type}" has a handler already; take it away first.`)
    return this.#receiver.addHandler(call, handler)
  }

  // ---- Errors ----

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

  /** Whether nothing is left of it. */
  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Resolves when the channel has ended, however it did; never rejects. */
  get closed(): Promise<ChannelEnd> {
    return this.#closed.promise
  }

  /**
   * Accepts nothing more, sends what is queued, lets the other side take it and answer (`closeTimeout` in all), then stops
   * the other side and lets go of the memory. What the other side has published by then is handed out first. Safe to call
   * again, and inside a handler, after which it takes effect.
   *
   * @param options `discard: true` waits for nothing: what is queued, or not taken yet, is counted in `unconsumed`.
   * @returns When nothing is left; the same as `closed`.
   */
  close(options: { discard?: boolean } = {}): Promise<ChannelEnd> {
    if (options.discard) {
      this.#discarded.resolve()
      this.#gone.resolve()
    }
    this.#end('close')
    return this.#closed.promise
  }

  /** Lets the channel keep Node's event loop alive again, while it has a consumer or something waits. Returns itself. */
  ref(): this {
    this.#mayKeepAlive = true
    this.#updateRef()
    return this
  }

  /** Lets Node end although the channel is open, as a socket's `unref`. While it closes it is waited for. Returns itself. */
  unref(): this {
    this.#mayKeepAlive = false
    this.#updateRef()
    return this
  }

  /** What the channel has done so far. */
  stats(): ChannelStats {
    return { ...this.#sender.stats, ...this.#receiver.stats, wakeUps: this.#wakeUps }
  }

  // ---- Inside ----

  /** One direction of the protocol, with codecs of this channel. */
  #entries(entries: MessageEntries): Outgoing[] {
    const own = <C extends Codec<never, unknown> | undefined>(codec: C) => (codec?.bind?.(this) ?? codec) as C
    return Object.entries(entries).map(([name, { id, codec, reply }]) => ({
      name,
      id,
      codec: own(codec),
      reply: own(reply),
    }))
  }

  #toSend(type: string): Outgoing {
    if (this.#state !== 'open') throw this.#closedError()
    return this.#outgoing.message.get(type) ?? find(this.#outgoing, 'message', type)
  }

  #wake(): void {
    if (this.#state === 'closed') return
    this.#wakeUps++
    this.#sender.pump()
    if (this.#peerHasClosed()) this.#peerLeaves()
    this.#receiver.drain()
  }

  /**
   * Whether the other side has said that it sends no more, or is gone. That it is lost, which its state may say a moment before
   * the link does, is for the link to tell: it knows why.
   */
  #peerHasClosed(): boolean {
    if (this.#peerIsGone) return true
    try {
      const { state } = this.#peerBell
      if (state < 0 || state > STATE_GONE) throw corrupt('an impossible state')
      return state === STATE_CLOSED || state === STATE_GONE
    } catch (error) {
      this.#fail(error)
      return true
    }
  }

  /** The other side sends no more. What it sent is handed out, and may be answered, before this side ends too. */
  #peerLeaves(): void {
    // An end that is on its way has a timer of its own; this one would outlive it.
    if (this.#peerTimer !== undefined || this.#state !== 'open') return
    const end = () => this.#end('peer')
    this.#peerTimer = setTimeout(end, this.#options.closeTimeout)
    this.#receiver.drained.settled(end)
  }

  #peerHasEnded(reason: SharedChannelError | undefined): void {
    if (this.#peerIsGone) return
    this.#loseThePeer(reason)
    this.#receiver.drain()
  }

  /** The other side cannot be trusted, or the memory is gone: the channel ends with this reason. */
  #fail(error: unknown): SharedChannelError {
    const reason = error instanceof SharedChannelError ? error : memoryIsGone(error)
    this.#sender.stop()
    this.#receiver.stop()
    this.#loseThePeer(reason)
    return reason
  }

  #loseThePeer(reason: SharedChannelError | undefined): void {
    this.#peerIsGone = true
    this.#reason ??= reason
    this.#gone.resolve()
    this.#end('peer')
  }

  #end(by: 'close' | 'peer'): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#updateRef()
    void this.#endInOrder(by)
  }

  async #endInOrder(by: 'close' | 'peer'): Promise<void> {
    clearTimeout(this.#peerTimer)
    const timeout = new Deferred<void>()
    const timer = setTimeout(timeout.resolve, this.#options.closeTimeout)
    const until = (event: Promise<void>) => Promise.race([event, timeout.promise, this.#gone.promise])

    this.#sender.finish()
    // Answers to calls may join the queue meanwhile.
    do await until(this.#sender.flush())
    while (this.#sender.stats.queuedMessages > 0 && timeout.isPending && this.#gone.isPending)
    this.#sender.stop()
    this.#sayClosed()
    // Whoever closes may have no consumers any more, and the other side is to get rid of what it has.
    if (by !== 'peer') this.#receiver.take(ALL)
    const { drained } = this.#receiver
    await until(drained.promise)
    // The other side may have closed too, before it has taken what is in the ring.
    this.#sender.pump()
    await until(this.#sender.taken.promise)
    await this.#link.stop()
    if (this.#peerIsGone) {
      // What the other side had published is handed out before the memory goes, if need be to nobody.
      this.#receiver.drain()
      await Promise.race([drained.promise, timeout.promise, this.#discarded.promise])
      this.#receiver.take(FORCED)
      await drained.promise
    }
    clearTimeout(timer)
    const unconsumed = this.#sender.countUnconsumed()
    await this.#link.close()

    if (unconsumed > 0) this.#reason = this.#reasonOfLoss(unconsumed, !timeout.isPending)
    this.#state = 'closed'
    const error = this.#closedError()
    this.#sender.end(error)
    this.#calls.end(this.#reason ?? error)
    this.#receiver.end(this.#reason)
    this.#updateRef()
    this.#closed.resolve({ unconsumed, ...(this.#reason && { reason: this.#reason }) })
  }

  /** Nothing that was accepted is lost without saying so. */
  #reasonOfLoss(unconsumed: number, isLate: boolean): SharedChannelError | undefined {
    const loss = `${unconsumed} of the messages that this side sent ${unconsumed === 1 ? 'was' : 'were'} not consumed.`
    const cause = this.#reason
    if (cause !== undefined) return new SharedChannelError(cause.code, `${cause.message} ${loss}`, { cause })
    if (!this.#discarded.isPending) return undefined
    return isLate
      ? new SharedChannelError(
          'TIMEOUT',
          `The channel closed after ${this.#options.closeTimeout} ms (closeTimeout). ${loss}`,
        )
      : new SharedChannelError('CLOSED', `The other side closed the channel. ${loss}`)
  }

  /** Tells the other side, in shared memory, that this side sends no more. */
  #sayClosed(): void {
    try {
      this.#bell.state = STATE_CLOSED
      this.#peerBell.move()
    } catch (error) {
      this.#fail(error)
    }
    this.#link.wakePeer()
  }

  #closedError(): SharedChannelError {
    const cause = this.#reason
    const why = cause === undefined ? '. Open a new one.' : `: ${cause.message}`
    return new SharedChannelError('CLOSED', `The channel is closed${why}`, cause && { cause })
  }

  #reportError(error: unknown): void {
    if (this.#errorHandlers.size === 0) reportUncaught(error)
    for (const handler of this.#errorHandlers) {
      try {
        handler(error)
      } catch (second) {
        reportUncaught(second)
      }
    }
  }

  /** The host's event loop is kept alive while somebody waits for messages or messages wait for room. */
  #updateRef(): void {
    const isBusy = this.#mayKeepAlive && (this.#receiver.isWanted || this.#sender.isWaiting)
    if (this.#state === 'closing' || (this.#state === 'open' && isBusy)) this.#link.ref()
    else this.#link.unref()
  }
}

const kindOf = (reply: unknown): Kind => (reply === undefined ? 'message' : 'call')

/** What the protocol says of a name. */
function find<Entry>(names: Names<Entry>, kind: Kind, name: string): Entry {
  const known = names[kind]
  const found = known.get(name)
  if (found === undefined) {
    const list = [...known.keys()].map((other) => `"${other}"`).join(', ')
    throw invalidArgument(
      `In this direction the protocol has no ${kind} "${String(name)}"; it knows ${list || 'none'}.`,
    )
  }
  return found
}
