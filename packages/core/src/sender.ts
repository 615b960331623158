/**
 * The sending half of a channel: the ring that this side writes, and a queue in front of it for what finds no room.
 *
 * One order for all: whatever way a message is sent, it goes behind those that wait, and all wait for an open slot.
 */
import type { ChannelOptions } from './channel-options.ts'
import { Deferred } from './deferred.ts'
import { SharedChannelError } from './errors.ts'
import { WAITING_FOR_DATA, WAITING_FOR_ROOM } from './layout.ts'
import { corrupt, MessageWriter, memoryIsGone, type OutgoingMessage } from './message.ts'
import { type Bell, CORRUPT, OK, type RingWriter } from './ring.ts'
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

/** Whom a sender belongs to. */
export interface SenderOwner {
  /** The other side is asleep, and its bell was moved. */
  wakePeer(): void
  /** Ends the channel with this reason, and gives it back. */
  fail(reason: SharedChannelError): SharedChannelError
  /** What to throw once the channel is closed. */
  closedError(): SharedChannelError
  /** `isWaiting` may have changed. */
  changed(): void
}

/** A message in the queue. */
export interface WaitingMessage extends OutgoingMessage {
  /** Bytes that the queue keeps for it; none for `sendDirect`. */
  kept: number
  /** Of `sendDirect`: settled when the message is in the ring, or given up. */
  direct?: Deferred<void>
  /** Of `flush`: resolved when it has left the queue. */
  left?: Deferred<void> | undefined
}

/** What a waiting message counts at least against `maxQueueBytes`: about what its place in the queue takes. */
const MIN_KEPT = 64
/** What has left the queue is cut off its array after so many messages. */
const COMPACT_AFTER = 1024
const NOTHING = new Uint8Array(0)

export class Sender {
  sentMessages = 0
  sentBytes = 0

  readonly #writer: MessageWriter
  readonly #ring: RingWriter
  readonly #bell: Bell
  readonly #peerBell: Bell
  readonly #owner: SenderOwner
  readonly #options: Required<ChannelOptions>

  #queue: WaitingMessage[] = []
  #queueStart = 0
  #keptBytes = 0
  #countedBytes = 0
  #slot: MessageSlot | undefined
  /** There is a queue or an open slot: everything else goes into the queue. Or all is over. */
  #blocked = false
  /** No slot can be open any more. */
  #ending = false
  #stopped = false
  #taken: Deferred<void> | undefined
  #ready = Deferred.resolved()
  /** Room that `trySend` or `reserve` did not find; `ready` waits for it. */
  #wantedRoom = 0

  constructor(ring: RingWriter, bell: Bell, peerBell: Bell, options: Required<ChannelOptions>, owner: SenderOwner) {
    this.#ring = ring
    this.#writer = new MessageWriter(ring)
    this.#bell = bell
    this.#peerBell = peerBell
    this.#options = options
    this.#owner = owner
  }

  get queuedMessages(): number {
    return this.#queue.length - this.#queueStart
  }

  get queuedBytes(): number {
    return this.#keptBytes
  }

  /** Somebody waits for room; the event loop must live on. */
  get isWaiting(): boolean {
    return this.queuedMessages > 0 || this.#ready.isPending
  }

  /** Resolves when nothing waits for room any more, and what was refused last would find it. */
  get ready(): Promise<void> {
    if (this.#wantedRoom > 0 && !this.#ready.isPending && !this.#stopped) {
      this.#ready = new Deferred()
      this.pump()
      this.#owner.changed()
    }
    return this.#ready.promise
  }

  /**
   * Writes a message, or keeps a copy until there is room.
   *
   * @returns Its place in the queue, while it waits.
   */
  send(tag: number, bytes: Uint8Array, call: number, status: number): WaitingMessage | undefined {
    const size = bytes.byteLength
    if (!this.#blocked && this.#writer.fitsOneRecord(tag, size) && size <= this.#options.maxMessageBytes) {
      if (this.#tryWriteWhole(tag, bytes, call, status)) return undefined
    }
    if (this.#stopped) throw this.#owner.closedError()
    this.#checkSize(size)
    const message: WaitingMessage = { tag, call, status, bytes, size, sent: 0, skipped: 0, kept: size }
    if (!this.#blocked) {
      if (this.#tryWrite(message)) return undefined
    } else if (this.#countedBytes > 0 && this.#countedBytes + Math.max(size, MIN_KEPT) > this.#options.maxQueueBytes) {
      throw new SharedChannelError(
        'QUEUE_FULL',
        `${this.#keptBytes} bytes already wait for room in the ring; the limit is ${this.#options.maxQueueBytes}. When send returns false, await channel.ready.`,
      )
    }
    this.#keepCopy(message)
    this.#enqueue(message)
    return this.queuedMessages > 0 ? message : undefined
  }

  /** Writes a message if it can be done now. */
  trySend(tag: number, bytes: Uint8Array): boolean {
    this.#checkOnePiece(bytes.byteLength)
    const written = !this.#blocked && this.#tryWriteWhole(tag, bytes, 0, 0)
    this.#wantedRoom = written ? 0 : Math.max(bytes.byteLength, 1)
    return written
  }

  /**
   * Writes a message from the caller's memory, behind those that wait.
   *
   * @param mayChange The bytes are not the caller's: an encoder may use their memory again.
   */
  sendDirect(tag: number, bytes: Uint8Array, mayChange: boolean, options: WaitOptions): Promise<void> {
    const size = bytes.byteLength
    this.#checkSize(size)
    const message: WaitingMessage = { tag, call: 0, status: 0, bytes, size, sent: 0, skipped: 0, kept: 0 }
    if (!this.#blocked && this.#tryWrite(message)) return Promise.resolve()
    if (mayChange) this.#keepCopy(message)
    const direct = new Deferred<void>()
    message.direct = direct
    const callOff = limitWait(options, 'There was no room in the ring', (reason) => {
      this.withdraw(message)
      direct.reject(reason)
    })
    direct.promise.then(callOff, callOff)
    this.#enqueue(message)
    return direct.promise
  }

  /** Takes a message back that is still in the queue: the other side sees nothing of it. */
  withdraw(message: WaitingMessage): void {
    const place = this.#queue.indexOf(message, this.#queueStart)
    if (place < 0) return
    const { left } = message
    if (left !== undefined && place > this.#queueStart) {
      // Whoever flushes still waits for those in front.
      const before = this.#queue[place - 1] as WaitingMessage
      before.left ??= new Deferred()
      before.left.promise.then(left.resolve, left.reject)
      message.left = undefined
    }
    this.#writer.abandon(message)
    this.#queue.splice(place, 1)
    this.#forget(message)
    this.pump()
  }

  /** Room inside the ring, or null when there is none, or when something waits. */
  reserve(tag: number, size: number): MessageSlot | null {
    if (!Number.isInteger(size) || size < 0) {
      throw new SharedChannelError('INVALID_ARGUMENT', `The size of a slot must be a number of bytes; it is ${size}.`)
    }
    this.#checkOnePiece(size)
    const offset = this.#blocked ? -1 : this.#writer.tryReserve(size)
    if (offset === CORRUPT) throw this.#owner.fail(impossiblePosition())
    if (offset < 0) {
      this.#wantedRoom = Math.max(size, 1)
      return null
    }
    this.#wantedRoom = 0
    const slot: MessageSlot = {
      bytes: this.#ring.bytes.subarray(offset, offset + size),
      commit: (length = size) => this.#commit(slot, tag, length),
      abort: () => {
        if (this.#slot === slot) this.#closeSlot()
      },
    }
    this.#slot = slot
    this.#blocked = true
    return slot
  }

  /** Resolves when everything that is in the queue now has left it. */
  flush(): Promise<void> {
    const last = this.#queue[this.#queue.length - 1]
    if (this.queuedMessages === 0 || last === undefined) return Promise.resolve()
    last.left ??= new Deferred()
    return last.left.promise
  }

  /** Moves the queue into the ring as far as there is room, then waits for more. */
  pump(): void {
    if (this.#stopped) this.#lookIfTaken()
    if (this.#stopped || this.#slot !== undefined) return
    try {
      let announced = false
      while (!this.#writeQueue() || (this.#ready.isPending && !this.#findsWantedRoom())) {
        if (announced) return
        this.#bell.announce(WAITING_FOR_ROOM)
        announced = true // and look once more: the room may have come before the announcement
      }
      this.#bell.withdraw(WAITING_FOR_ROOM)
      this.#ready.resolve()
    } catch (error) {
      this.#owner.fail(error instanceof SharedChannelError ? error : memoryIsGone(error))
    }
    this.#owner.changed()
  }

  /** The channel ends: gives an open slot back, so that what waits behind it can go. */
  abortSlot(): void {
    this.#ending = true
    if (this.#slot !== undefined) this.#closeSlot()
  }

  /** Nothing is written any more; the ring is left alone from here on. */
  stop(): void {
    this.#stopped = this.#blocked = true
  }

  /** Resolves when the other side has taken all that is in the ring; asked for after `stop`. */
  taken(): Promise<void> {
    const taken = new Deferred<void>()
    this.#taken = taken
    this.#lookIfTaken()
    return taken.promise
  }

  /** How many messages were accepted and never got into the ring. */
  get unsentMessages(): number {
    return this.#queue.slice(this.#queueStart).filter(({ direct }) => direct === undefined).length
  }

  /** How many messages are in the ring that the other side has not taken; 0 when the memory cannot be read. */
  countUnread(): number {
    try {
      return this.#ring.countUnread()
    } catch {
      return 0
    }
  }

  /** The end: whoever waits is told why. */
  end(reason: SharedChannelError): void {
    this.stop()
    this.#slot = undefined
    const waiting = this.#queue.slice(this.#queueStart)
    this.#queue = []
    this.#queueStart = this.#keptBytes = 0
    for (const { direct, left } of waiting) {
      direct?.reject(reason)
      left?.reject(reason)
    }
    if (!this.#ready.isPending) this.#ready = new Deferred()
    this.#ready.reject(reason)
  }

  #tryWriteWhole(tag: number, bytes: Uint8Array, call: number, status: number): boolean {
    const written = this.#writer.tryWriteWhole(tag, bytes, call, status)
    if (written === OK) {
      this.sentMessages++
      this.sentBytes += bytes.byteLength
      this.#ringForData()
      return true
    }
    if (written === CORRUPT) throw this.#owner.fail(impossiblePosition())
    return false
  }

  #tryWrite(message: WaitingMessage): boolean {
    const before = message.sent
    const status = this.#writer.tryWrite(message)
    if (status === CORRUPT) throw this.#owner.fail(impossiblePosition())
    if (status === OK || message.sent !== before) this.#ringForData()
    if (status !== OK) return false
    this.sentMessages++
    this.sentBytes += message.size
    return true
  }

  /** Whether all of the queue is in the ring. */
  #writeQueue(): boolean {
    for (;;) {
      const message = this.#queue[this.#queueStart]
      if (message === undefined) break
      if (!this.#tryWrite(message)) return false
      this.#queueStart++
      if (this.#queueStart % COMPACT_AFTER === 0) {
        this.#queue.splice(0, this.#queueStart)
        this.#queueStart = 0
      }
      this.#forget(message)
      message.direct?.resolve()
    }
    this.#queue = []
    this.#queueStart = 0
    this.#blocked = false
    return true
  }

  #ringForData(): void {
    if (this.#peerBell.take(WAITING_FOR_DATA)) this.#owner.wakePeer()
  }

  #enqueue(message: WaitingMessage): void {
    if (!this.#ready.isPending) this.#ready = new Deferred()
    this.#queue.push(message)
    this.#keptBytes += message.kept
    this.#countedBytes += counted(message)
    this.#blocked = true
    this.#owner.changed()
    this.pump()
  }

  /** The message is not in the queue any more. */
  #forget(message: WaitingMessage): void {
    this.#keptBytes -= message.kept
    this.#countedBytes -= counted(message)
    message.bytes = NOTHING // it may stay in the array for a while
    message.left?.resolve()
  }

  /** What is already in the ring need not be kept. */
  #keepCopy(message: WaitingMessage): void {
    try {
      // Not a `slice`, which shares memory when the bytes are a Buffer of Node's.
      message.bytes = new Uint8Array(message.bytes.subarray(message.sent))
      message.skipped = message.sent
      message.kept = message.size
    } catch (cause) {
      this.#writer.abandon(message)
      throw new SharedChannelError(
        'OUT_OF_MEMORY',
        `There is no memory to keep ${message.size - message.sent} bytes until the ring has room. Await channel.ready more often, or send less at once.`,
        { cause },
      )
    }
  }

  #lookIfTaken(): void {
    if (!this.#taken?.isPending) return
    try {
      this.#bell.announce(WAITING_FOR_ROOM) // first, as always
      if (this.#ring.isRead()) this.#taken.resolve()
    } catch (error) {
      this.#owner.fail(memoryIsGone(error))
    }
  }

  #commit(slot: MessageSlot, tag: number, length: number): void {
    if (this.#ending) throw this.#owner.closedError()
    if (this.#slot !== slot) {
      throw new SharedChannelError('INVALID_ARGUMENT', 'The slot was committed or given back before; reserve another.')
    }
    if (!Number.isInteger(length) || length < 0 || length > slot.bytes.length) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        `commit takes a length from 0 to the slot's ${slot.bytes.length} bytes; it was ${length}.`,
      )
    }
    this.#writer.commit(length, tag)
    this.sentMessages++
    this.sentBytes += length
    this.#ringForData()
    this.#closeSlot()
  }

  #closeSlot(): void {
    this.#slot = undefined
    this.pump()
  }

  /** Asked only while nothing is in the queue: what is reserved here and not committed is forgotten. */
  #findsWantedRoom(): boolean {
    const offset = this.#wantedRoom === 0 ? 0 : this.#writer.tryReserve(this.#wantedRoom)
    if (offset === CORRUPT) throw impossiblePosition()
    if (offset < 0) return false
    this.#wantedRoom = 0
    return true
  }

  #checkSize(size: number): void {
    if (size <= this.#options.maxMessageBytes) return
    throw new SharedChannelError(
      'MESSAGE_TOO_LARGE',
      `The message has ${size} bytes; the limit is ${this.#options.maxMessageBytes}. Send it in parts, or raise maxMessageBytes on both sides.`,
    )
  }

  #checkOnePiece(size: number): void {
    const limit = Math.min(this.#writer.maxRecord, this.#options.maxMessageBytes)
    if (size <= limit) return
    throw new SharedChannelError(
      'MESSAGE_TOO_LARGE',
      `${size} bytes cannot be written in one piece; the limit is ${limit}, half of the ring. Use send or sendDirect, which cut messages, or a larger ring.`,
    )
  }
}

const counted = ({ kept, direct }: WaitingMessage): number =>
  direct === undefined || kept > 0 ? Math.max(kept, MIN_KEPT) : 0

const impossiblePosition = (): SharedChannelError => corrupt('an impossible reading position')
