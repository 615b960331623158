/** A SharedBuffer that was received, and the hold on its memory, until whoever has it lets go. */
import { type Post, releasedText } from './buffer-messages.ts'
import type { Carrier } from './carrier.ts'
import { invalidArgument, SharedChannelError } from './errors.ts'
import { type PostedBuffer, postSharedBuffer } from './posting.ts'
import type { BufferAccess, BufferKind, OpenedSegment } from './segment-host.ts'
import { canTransfer } from './target-carrier.ts'

/**
 * A buffer that was received. Let go of it with `release`; otherwise that happens when it, and the memory that it gave, are
 * garbage collected.
 */
export class ReceivedBuffer {
  /** In bytes; the buffer of `getBuffer` may have more. */
  readonly size: number
  /** What the poster allowed. */
  readonly access: BufferAccess
  /** What the poster gave, as JSON holds it; `undefined` when it gave nothing. */
  readonly additionalData: unknown
  readonly #hold: Hold
  #buffer: ArrayBufferLike | undefined
  #kind: BufferKind | undefined

  /** Made by receiving one. */
  constructor({ size, access }: Post, additionalData: unknown, hold: Hold) {
    this.size = size
    this.access = access
    this.additionalData = additionalData
    this.#hold = hold
    collected.register(this, hold)
  }

  /**
   * The memory. Further calls give the same buffer.
   *
   * @param options `kind`: `'fixed'` (default of the first call), `'transferable'` or `'shared'`; see {@link BufferKind}.
   * @returns A buffer of at least `size` bytes.
   * @throws SharedChannelError `INVALID_ARGUMENT` for another kind than that of the first call; `CLOSED` when it was
   *   released, or moved to a worker; `NOT_SUPPORTED` for a kind that is not to be had here; `OUT_OF_MEMORY`.
   * @example
   * const pixels = new Uint8ClampedArray(event.getBuffer(), 0, event.size)
   */
  getBuffer({ kind = this.#kind ?? 'fixed' }: { kind?: BufferKind } = {}): ArrayBufferLike {
    if (!KINDS.includes(kind)) {
      throw invalidArgument(`kind must be 'fixed', 'transferable' or 'shared'; it is ${String(kind)}.`)
    }
    if (this.#hold.gone !== undefined) throw new SharedChannelError('CLOSED', this.#hold.gone)
    if (this.#buffer === undefined) {
      this.#buffer = this.#hold.map(kind)
      this.#kind = kind
      // Whoever has the memory keeps this alive, and with it the hold.
      owners.set(this.#buffer, this)
    }
    if (kind === this.#kind) return this.#buffer
    throw invalidArgument(`The buffer is '${this.#kind}' already. Have it posted once more to see it as '${kind}' too.`)
  }

  /** Exactly the buffer's bytes, over what `getBuffer` gave or gives. Throws as it does. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.getBuffer(), 0, this.size)
  }

  /**
   * Lets go of the memory, and tells the poster. The buffer is detached (its length is 0); a `'shared'` one becomes private
   * zeroes.
   *
   * @throws SharedChannelError `INVALID_ARGUMENT` when it was released before, or moved to a worker, which releases it.
   */
  release(): void {
    if (this.#hold.gone !== undefined) throw invalidArgument(this.#hold.gone)
    this.#hold.release('The buffer was released before.')
    this.#buffer = undefined
  }

  /**
   * Moves the buffer to a worker; see the function `toWorker`.
   *
   * @param worker A Worker, or a MessagePort to one.
   */
  toWorker(worker: object): PostedBuffer {
    if (!canTransfer(worker)) {
      throw invalidArgument('A buffer can be moved to a Worker, or through a MessagePort. To a process it is posted.')
    }
    const copy = this.getBuffer({ kind: 'transferable' }) as ArrayBuffer
    const { size, access, additionalData } = this
    const posted = postSharedBuffer(worker, { size, reference: () => ({ copy }) }, { access, additionalData })
    this.#hold.moved('The buffer was moved to a worker, which releases it.', posted.released)
    this.#buffer = undefined
    return posted
  }
}

/**
 * What is given back, once. It refers neither to the ReceivedBuffer nor to the memory, so that both can be garbage
 * collected, which gives it back too.
 */
export class Hold {
  /** Why the memory is not to be had any more. */
  gone: string | undefined
  readonly #carrier: Carrier
  readonly #id: number
  readonly #segment: OpenedSegment
  readonly #left: (hold: Hold) => void
  #buffer: WeakRef<ArrayBufferLike> | undefined

  /** @param left Called once, when the memory is not to be had any more. */
  constructor(carrier: Carrier, id: number, segment: OpenedSegment, left: (hold: Hold) => void) {
    this.#carrier = carrier
    this.#id = id
    this.#segment = segment
    this.#left = left
  }

  map(kind: BufferKind): ArrayBufferLike {
    const buffer = this.#segment.map(kind)
    this.#buffer = new WeakRef(buffer)
    return buffer
  }

  /** Gives back, unless it is gone, and tells the poster with `text`. */
  release(why: string, text = releasedText): void {
    if (this.gone !== undefined) return
    this.#leave(why)
    this.#giveBack(this.#buffer?.deref(), text)
  }

  /** The memory is elsewhere in this process, until `released`. */
  moved(why: string, released: Promise<unknown>): void {
    this.#leave(why)
    void released.then(() => this.#giveBack(undefined, releasedText))
  }

  #leave(why: string): void {
    this.gone = why
    this.#left(this)
  }

  #giveBack(buffer: ArrayBufferLike | undefined, text: (id: number) => string): void {
    this.#segment.release(buffer)
    answer(this.#carrier, text(this.#id))
  }
}

/** Tells the poster. Where the carrier has ended, it is told by that. */
export function answer(carrier: Carrier, sharedChannel: string): void {
  try {
    carrier.post({ sharedChannel })
  } catch {}
}

/** The received buffer of a memory that `getBuffer` gave. */
export const ownerOf = (buffer: object): ReceivedBuffer | undefined => owners.get(buffer)

const owners = new WeakMap<object, ReceivedBuffer>()
const collected = new FinalizationRegistry<Hold>((hold) => hold.release('The buffer was garbage collected.'))
const KINDS: readonly BufferKind[] = ['fixed', 'transferable', 'shared']
