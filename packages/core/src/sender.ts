/**
 * The sending half of a channel: the ring that this side writes, and a queue in front of it for what finds no room.
 *
 * One order for all: whatever way a message is sent, it goes behind those that wait, and all wait for an open slot.
 */
import type { ChannelStats } from './channel-types.ts'
import { checkNumber, checkSize } from './checks.ts'
import type { Encoded } from './codec.ts'
import { Deferred } from './deferred.ts'
import { invalidArgument, outOfMemory, SharedChannelError } from './errors.ts'
import { WAITING_FOR_DATA, WAITING_FOR_ROOM } from './layout.ts'
import { MessageWriter, type OutgoingMessage } from './message.ts'
import type { Owner } from './parts.ts'
import { AGAIN, type Bell, OK, type RingWriter } from './ring.ts'
import { limitWait, type WaitOptions } from './waiting.ts'

/** Room for one message inside the ring, from `reserve`: written in place, then committed or given back. */
export interface MessageSlot {
  /** To be written before `commit`, 8-aligned; not to be touched after `commit`, `abort` or the end of the channel. */
  readonly bytes: Uint8Array
  /**
   * Sends the message.
   *
   * @param length How many of the bytes it has; by default all.
   * @throws SharedChannelError `INVALID_ARGUMENT` for a length that the slot has not, and then it stays open, or when it was
   *   committed or given back before; `CLOSED` when the channel has ended, which gives slots back.
   */
  commit(length?: number): void
  /** Gives the room back; the other side sees nothing. Harmless when the slot is gone. */
  abort(): void
}

/** A message in the queue. */
export interface WaitingMessage extends OutgoingMessage {
  /** Bytes that the queue keeps for it; none for `sendDirect`. */
  kept: number
  /** Of `sendDirect`: settled when the message is in the ring, or given up. */
  direct?: Deferred<void>
}

/** What a waiting message counts at least against `maxQueueBytes`: about what its place in the queue takes. */
const MIN_KEPT = 64
const NOTHING = new Uint8Array(0)
/** A slot that nobody has, without bytes: everything waits behind it. */
const PAUSE = {} as MessageSlot
/** `#wantedRoom` when nobody was refused. */
const NONE = -1

export class Sender {
  /** Resolved when, after `stop`, the other side has taken all that is in the ring. `pump` looks. */
  readonly taken = new Deferred<void>()

  #ring!: RingWriter
  #writer!: MessageWriter
  readonly #owner: Owner
  readonly #peerBell: Bell
  /** The largest message that is written in one piece. */
  readonly #maxWhole: number

  /** What waits, from `#queueStart` on: messages, and marks of `flush`, resolved when all before them has left. */
  readonly #queue: (WaitingMessage | Deferred<void>)[] = []
  #queueStart = 0
  #queuedMessages = 0
  #queuedBytes = 0
  #sentMessages = 0
  #sentBytes = 0
  /** What the queue counts against `maxQueueBytes`. */
  #countedBytes = 0
  #slot: MessageSlot | undefined
  /** No slot can be open any more. */
  #ending = false
  #stopped = false
  #ready = new Deferred<void>()
  /** Room that `trySend` or `reserve` did not find; `ready` waits for it. */
  #wantedRoom = NONE

  constructor(ring: RingWriter, owner: Owner) {
    this.#owner = owner
    this.use(ring)
    this.#peerBell = owner.peerBell
    this.#maxWhole = Math.min(this.#writer.maxRecord, owner.options.maxMessageBytes)
    this.#ready.resolve()
  }

  get stats(): Pick<ChannelStats, 'sentMessages' | 'sentBytes' | 'queuedMessages' | 'queuedBytes'> {
    return {
      sentMessages: this.#sentMessages,
      sentBytes: this.#sentBytes,
      queuedMessages: this.#queuedMessages,
      queuedBytes: this.#queuedBytes,
    }
  }

  /** Somebody waits for room; the event loop must live on. */
  get isWaiting(): boolean {
    return this.#ready.isPending
  }

  /** Resolves when nothing waits for room any more, and what was refused last would find it. */
  get ready(): Promise<void> {
    if (this.#wantedRoom !== NONE && !this.#stopped) {
      this.#makeReadyPending()
      this.pump()
    }
    return this.#ready.promise
  }

  /**
   * Writes a message, or keeps a copy until there is room.
   *
   * @returns Its place in the queue, while it waits.
   */
  send(tag: number, bytes: Encoded, call: number, status: number): WaitingMessage | undefined {
    // The fast way is short, with the others in functions of their own, so that engines inline all of it.
    if (this.#tryWriteWhole(tag, bytes, call, status)) return undefined
    return this.#sendOrKeep(tag, bytes, call, status)
  }

  /** Writes a message if it can be done now. */
  trySend(tag: number, bytes: Encoded): boolean {
    const written = this.#tryWriteWhole(tag, bytes, 0, 0)
    this.#wantedRoom = written ? NONE : this.#unsent(bytes)
    return written
  }

  /**
   * Writes a message from the caller's memory, behind those that wait.
   *
   * @param mayChange The bytes are not the caller's: an encoder may use their memory again.
   */
  async sendDirect(
    tag: number,
    bytes: Encoded,
    mayChange: boolean,
    options: WaitOptions,
    call = 0,
    status = 0,
  ): Promise<void> {
    try {
      if (this.#stopped) throw this.#owner.closedError()
      const size = bytes.byteLength
      checkSize(size, this.#owner.options.maxMessageBytes)
      const message: WaitingMessage = { tag, call, status, bytes, size, sent: 0, kept: 0 }
      if (!this.#isBlocked && this.#tryWrite(message)) return
      if (mayChange) this.#keepCopy(message)
      const direct = new Deferred<void>()
      message.direct = direct
      limitWait(direct, options, 'There was no room in the ring', () => this.withdraw(message))
      this.#enqueue(message)
      await direct.promise
    } catch (error) {
      bytes.unsent?.()
      throw error
    }
  }

  /** Takes a message back that is still in the queue: the other side sees nothing of it. Returns whether it was. */
  withdraw(message: WaitingMessage): boolean {
    if (message.bytes === NOTHING) return false
    const place = this.#waiting().indexOf(message)
    if (place < 0) return true // at the end of the channel nothing is in the queue any more
    this.#writer.abandon(message)
    this.#queue.splice(place, 1)
    this.#forget(message)
    this.pump()
    return true
  }

  /** Room inside the ring, or null when there is none, or when something waits. */
  reserve(tag: number, size: number): MessageSlot | null {
    checkNumber('The size of a slot', size, Number.MAX_SAFE_INTEGER, 'an integer')
    this.#checkOnePiece(size)
    const offset = this.#isBlocked ? AGAIN : this.#tryReserve(size)
    this.#wantedRoom = offset < 0 ? size : NONE
    if (offset < 0) return null
    const slot: MessageSlot = {
      bytes: this.#ring.bytes.subarray(offset, offset + size),
      commit: (length = size) => this.#commit(slot, tag, length),
      abort: () => {
        if (this.#slot === slot) this.#closeSlot()
      },
    }
    this.#slot = slot
    return slot
  }

  /** Resolves when everything that is in the queue now has left it. */
  flush(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve()
    const mark = new Deferred<void>()
    this.#queue.push(mark)
    return mark.promise
  }

  /** Moves the queue into the ring as far as there is room, then waits for more. */
  pump(): void {
    try {
      if (this.#stopped) this.#lookIfTaken()
      else if (this.#slot === undefined) this.#writeAll()
    } catch (error) {
      this.#owner.fail(error)
    }
    this.#owner.changed()
  }

  /** The channel ends: gives an open slot back, so that what waits behind it can go. */
  finish(): void {
    this.#ending = true
    if (this.#slot?.bytes !== undefined) this.#closeSlot()
  }

  /** Nothing is written any more; the ring is left alone from here on. */
  stop(): void {
    this.#stopped = true
  }

  /** How many accepted messages never got into the ring, or are in there and not taken, as far as the memory can be read. */
  countUnconsumed(): number {
    const unsent = this.#waiting().filter((entry) => !(entry instanceof Deferred) && entry.direct === undefined).length
    try {
      return unsent + this.#ring.countUnread()
    } catch {
      return unsent
    }
  }

  /** The other side has gone, and will be back: nothing is written until `use`. Returns how many messages are lost. */
  pause(reason: SharedChannelError): number {
    this.#slot = PAUSE
    const first = this.#waiting()[0] as WaitingMessage | undefined
    // Of a message whose beginning is in the ring the queue has only the rest.
    if (!first?.sent) return 0
    this.withdraw(first)
    first.direct?.reject(reason)
    return 1
  }

  /** Writes into this ring from now on, from its beginning; `pump` follows. */
  use(ring: RingWriter): void {
    this.#ring = ring
    this.#writer = new MessageWriter(ring)
    this.#slot = undefined
  }

  /** The end: whoever waits is told why. */
  end(reason: SharedChannelError): void {
    this.stop()
    for (const entry of this.#waiting()) (entry instanceof Deferred ? entry : entry.direct)?.reject(reason)
    this.#queue.length = 0
    this.#queuedMessages = this.#queuedBytes = 0
    this.#makeReadyPending()
    this.#ready.reject(reason)
  }

  /** Something waits, or a slot is open: everything else goes into the queue. */
  get #isBlocked(): boolean {
    return this.#queue.length > 0 || this.#slot !== undefined
  }

  #tryWriteWhole(tag: number, bytes: Uint8Array, call: number, status: number): boolean {
    const size = bytes.byteLength
    if (this.#isBlocked || this.#stopped || size > this.#maxWhole) return false
    try {
      if (this.#writer.tryWriteWhole(tag, bytes, call, status) !== OK) return false
    } catch (error) {
      throw this.#owner.fail(error)
    }
    this.#sentMessages++
    this.#sentBytes += size
    if (this.#peerBell.take(WAITING_FOR_DATA)) this.#owner.wakePeer()
    return true
  }

  #sendOrKeep(tag: number, bytes: Encoded, call: number, status: number): WaitingMessage | undefined {
    try {
      return this.#sendOrWait(tag, bytes, call, status)
    } catch (error) {
      bytes.unsent?.()
      throw error
    }
  }

  #sendOrWait(tag: number, bytes: Encoded, call: number, status: number): WaitingMessage | undefined {
    if (this.#stopped) throw this.#owner.closedError()
    const size = bytes.byteLength
    const { maxMessageBytes, maxQueueBytes } = this.#owner.options
    checkSize(size, maxMessageBytes)
    const message: WaitingMessage = { tag, call, status, bytes, size, sent: 0, kept: size }
    if (!this.#isBlocked) {
      if (this.#tryWrite(message)) return undefined
    } else if (this.#countedBytes > 0 && this.#countedBytes + counted(message) > maxQueueBytes) {
      throw new SharedChannelError(
        'QUEUE_FULL',
        `${this.#queuedBytes} bytes already wait for room; the limit is ${maxQueueBytes}. Await channel.ready.`,
      )
    }
    this.#keepCopy(message)
    this.#enqueue(message)
    return this.#isBlocked ? message : undefined
  }

  #tryWrite(message: WaitingMessage): boolean {
    try {
      const written = this.#writer.tryWrite(message) === OK
      if (written) this.#sent(message.size)
      else if (this.#peerBell.take(WAITING_FOR_DATA)) this.#owner.wakePeer() // for the fragments that found room
      return written
    } catch (error) {
      throw this.#owner.fail(error)
    }
  }

  #tryReserve(size: number): number {
    try {
      return this.#writer.tryReserve(size)
    } catch (error) {
      throw this.#owner.fail(error)
    }
  }

  #commit(slot: MessageSlot, tag: number, length: number): void {
    if (this.#ending) throw this.#owner.closedError()
    if (this.#slot !== slot) throw invalidArgument('The slot was committed or aborted before; reserve another.')
    checkNumber('The length', length, slot.bytes.length, 'an integer')
    try {
      this.#writer.commit(length, tag)
      this.#sent(length)
    } catch (error) {
      throw this.#owner.fail(error)
    }
    this.#closeSlot()
  }

  #closeSlot(): void {
    this.#slot = undefined
    this.pump()
  }

  /** A message is in the ring. */
  #sent(size: number): void {
    this.#sentMessages++
    this.#sentBytes += size
    if (this.#peerBell.take(WAITING_FOR_DATA)) this.#owner.wakePeer()
  }

  #lookIfTaken(): void {
    this.#owner.bell.announce(WAITING_FOR_ROOM) // first, as always
    if (this.#ring.isRead()) this.taken.resolve()
  }

  #writeAll(): void {
    const { bell } = this.#owner
    let announced = false
    while (!this.#writeQueue() || !this.#findsWantedRoom()) {
      if (announced) return
      bell.announce(WAITING_FOR_ROOM)
      announced = true // and look once more: the room may have come before the announcement
    }
    bell.withdraw(WAITING_FOR_ROOM)
    this.#ready.resolve()
  }

  /** Whether all of the queue is in the ring. */
  #writeQueue(): boolean {
    for (;;) {
      const entry = this.#queue[this.#queueStart]
      if (entry === undefined) return true
      if (entry instanceof Deferred) entry.resolve()
      else {
        if (!this.#tryWrite(entry)) return false
        this.#forget(entry)
        entry.direct?.resolve()
      }
      // What has left is cut off when it is half of the array, so that each message is moved about once.
      if (++this.#queueStart * 2 >= this.#queue.length) this.#waiting()
    }
  }

  /** The queue without what has left it. */
  #waiting(): (WaitingMessage | Deferred<void>)[] {
    this.#queue.splice(0, this.#queueStart)
    this.#queueStart = 0
    return this.#queue
  }

  /** Asked only while nothing is in the queue: what is reserved here and not committed is forgotten. */
  #findsWantedRoom(): boolean {
    if (!this.#ready.isPending || this.#wantedRoom === NONE) return true
    if (this.#tryReserve(this.#wantedRoom) < 0) return false
    this.#wantedRoom = NONE
    return true
  }

  #makeReadyPending(): void {
    if (!this.#ready.isPending) this.#ready = new Deferred()
  }

  #enqueue(message: WaitingMessage): void {
    this.#makeReadyPending()
    this.#queue.push(message)
    this.#count(message, 1)
    this.pump()
  }

  /** The message is not in the queue any more. */
  #forget(message: WaitingMessage): void {
    this.#count(message, -1)
    message.bytes = NOTHING // it may stay in the array for a while
  }

  #count(message: WaitingMessage, sign: 1 | -1): void {
    this.#queuedMessages += sign
    this.#queuedBytes += sign * message.kept
    this.#countedBytes += sign * counted(message)
  }

  /** What is already in the ring need not be kept. */
  #keepCopy(message: WaitingMessage): void {
    try {
      // Not a `slice`, which shares memory when the bytes are a Buffer of Node's.
      message.bytes = new Uint8Array(message.bytes)
      message.kept = message.size
    } catch (cause) {
      this.#writer.abandon(message)
      throw outOfMemory(message.size, cause)
    }
  }

  /** What found no room, or never will. */
  #unsent(bytes: Encoded): number {
    const size = bytes.byteLength
    bytes.unsent?.()
    this.#checkOnePiece(size)
    return size
  }

  #checkOnePiece(size: number): void {
    checkSize(size, this.#maxWhole, 'Use send, sendDirect or a larger ring.')
  }
}

const counted = ({ kept, direct }: WaitingMessage): number =>
  direct === undefined || kept > 0 ? Math.max(kept, MIN_KEPT) : 0
