/**
 * A link over memory that two agents of one page or process share: a SharedArrayBuffer, or the buffer of a shared
 * WebAssembly.Memory. Each side sleeps on the bell word of its own, by `Atomics.waitAsync`, and is woken by `Atomics.notify`.
 *
 * Why no wake-up is lost: `wake` waits for the bell to move from what it was before the channel looked at the rings. That is
 * the order of a thread that sleeps on it (`seen: 'first'` in tests/model/protocol.ts): a ring that comes while the channel
 * looks ends the wait at once. The wait of `wake` is there before the channel announces anything, and the next one before
 * it looks again, so that there is always one while it sleeps.
 *
 * Why not by messages of a port, which wake as well: idle round trips with a sleeping worker took about 50 us (p50) against 70 us
 * by a port in Node 20, and 140 us against 160 us in Chromium 156, where a message also costs the one who rings 3 us.
 */
import { SharedChannelError } from './errors.ts'
import { afterOtherEvents } from './host.ts'
import {
  BELL_OFFSET,
  HEADER_SIZE,
  SIDE_STRIDE,
  type Side,
  STATE_CLOSED,
  STATE_GONE,
  STATE_LOST,
  STATE_OPEN,
} from './layout.ts'
import type { Link, LinkListener } from './link.ts'
import { Bell } from './ring.ts'

/** What an {@link AgentLink} leaves to its owner. All of them are optional, and none may throw or reject. */
export interface AgentLinkHooks {
  /** Wakes the other side in another way, as well as by `Atomics.notify` on its bell: where it cannot wait for that. */
  ring?(): void
  /** Keeps the event loop of this side alive, which a pending `Atomics.waitAsync` does not. */
  ref?(): void
  /** Lets it end; so it is at first. */
  unref?(): void
  /**
   * Ends the other side now, whatever it is doing; settles when it has ended, or is given up. It was told in shared memory that
   * this side is gone. Not called for one that has ended.
   */
  stop?(): void | Promise<void>
  /** Lets go of what the owner holds for the link; called once, at the end. */
  close?(): void
}

/** `Atomics.waitAsync`, which some engines have not: there somebody has to call `AgentLink.wake`. */
const { waitAsync } = Atomics as typeof Atomics & {
  waitAsync?(
    words: Int32Array,
    index: number,
    seen: number,
  ): { async: false } | { async: true; value: PromiseLike<unknown> }
}

/** Does this engine wait for memory without blocking (`Atomics.waitAsync`)? */
export const canWaitForMemory = waitAsync !== undefined

/**
 * One end of a channel between two agents that share memory: a page and its worker, or WebAssembly in it. Its owner makes the
 * segment, hands it to the other agent, and says when that has ended.
 *
 * Also the other side may sleep as it likes on its own bell word, at `384 + 384 * side` (`memory.atomic.wait32`,
 * `Atomics.wait`), and rings by adding 1 to the bell of this side and notifying its waiters.
 *
 * @example
 * const memory = new SharedArrayBuffer(segmentSize(65536, 65536))
 * writeLayout(memory, 65536, 65536)
 * const worker = new Worker(url)
 * const link = new AgentLink(memory, 0, { stop: () => worker.terminate() })
 * worker.onerror = () => link.end(new SharedChannelError('PEER_LOST', 'The worker failed.'))
 * worker.postMessage(memory)
 * const channel = new SharedChannel(link, Work)
 */
export class AgentLink implements Link {
  readonly side: Side
  readonly #memory: ArrayBufferLike
  readonly #hooks: AgentLinkHooks
  readonly #header: Int32Array
  readonly #bell: Bell
  readonly #peerBell: Bell
  /** Where in `#header` the bell of a side is. */
  readonly #ownBellWord: number
  readonly #peerBellWord: number

  #listener: LinkListener | undefined
  #isWaiting = false
  #holdsEventLoop = false
  /** The other side has ended, or this one has stopped. */
  #ended: { readonly reason: SharedChannelError | undefined } | undefined
  #earlyErrors: SharedChannelError[] = []
  #stopping: Promise<void> | undefined
  #isClosed = false

  /**
   * @param memory The whole segment, which begins at 0, with its header written (`writeLayout`). Nobody can wait for an ArrayBuffer,
   *   which does where both ends are in one agent: there `ring` has to call `wake` of the other.
   * @param side Which end this is; the other agent is the other.
   * @param hooks What differs from owner to owner; see {@link AgentLinkHooks}.
   */
  constructor(memory: ArrayBufferLike, side: Side, hooks: AgentLinkHooks = {}) {
    this.side = side
    this.#memory = memory
    this.#hooks = hooks
    const peer: Side = side === 0 ? 1 : 0
    this.#header = new Int32Array(memory, 0, HEADER_SIZE / 4)
    this.#bell = new Bell(memory, side)
    this.#peerBell = new Bell(memory, peer)
    this.#ownBellWord = (BELL_OFFSET + SIDE_STRIDE * side) / 4
    this.#peerBellWord = (BELL_OFFSET + SIDE_STRIDE * peer) / 4
    this.#bell.state = STATE_OPEN
  }

  /** The whole segment. @throws SharedChannelError `CLOSED` after `close`. */
  get memory(): ArrayBufferLike {
    if (this.#isClosed) throw closedError()
    return this.#memory
  }

  wakePeer(): void {
    if (this.#isClosed) return
    Atomics.notify(this.#header, this.#peerBellWord)
    this.#hooks.ring?.()
  }

  listen(listener: LinkListener): void {
    if (this.#listener !== undefined) {
      throw new SharedChannelError('INVALID_ARGUMENT', 'This link already has a channel; open another.')
    }
    if (this.#isClosed) throw closedError()
    this.#listener = listener
    // Soon, so that whoever makes the channel can say first who hears of errors.
    queueMicrotask(() => {
      for (const error of this.#earlyErrors.splice(0)) listener.error(error)
      this.wake()
      if (this.#ended !== undefined) listener.ended(this.#ended.reason)
    })
  }

  ref(): void {
    if (this.#holdsEventLoop) return // channels ask often, and a call into the host is not free
    this.#holdsEventLoop = true
    this.#hooks.ref?.()
  }

  unref(): void {
    if (!this.#holdsEventLoop) return
    this.#holdsEventLoop = false
    this.#hooks.unref?.()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async close(): Promise<void> {
    await this.stop()
    if (this.#isClosed) return
    this.#isClosed = true
    Atomics.notify(this.#header, this.#ownBellWord) // a wait that is open would hold the memory
    this.#hooks.close?.()
  }

  // ---- For the owner ----

  /** The other side has rung in another way than by the bell word. */
  wake(): void {
    if (this.#ended !== undefined) return
    if (this.#listener !== undefined) {
      this.#waitForBell()
      this.#listener.wake()
    }
    this.#lookWhetherPeerIsThere()
  }

  /** Something went wrong that does not end the link. */
  error(error: SharedChannelError): void {
    if (this.#listener === undefined) this.#earlyErrors.push(error)
    else this.#listener.error(error)
  }

  /**
   * The other side has ended: it neither writes nor reads any more. Only the first call counts; none does after the other side
   * has said in shared memory that it goes, and was heard (`wake`).
   *
   * @param reason Why, when nobody asked it to.
   */
  end(reason?: SharedChannelError): void {
    if (this.#ended !== undefined) return
    this.#ended = { reason }
    this.#listener?.ended(reason)
  }

  // ---- Inside ----

  /** Has `wake` called when the bell moves from here on: before the channel looks, so that nothing falls between. */
  #waitForBell(): void {
    if (waitAsync === undefined || this.#isWaiting || this.#memory instanceof ArrayBuffer) return
    this.#isWaiting = true
    const rung = () => {
      this.#isWaiting = false
      this.wake()
    }
    const word = this.#ownBellWord
    const wait = waitAsync(this.#header, word, Atomics.load(this.#header, word))
    if (wait.async) void wait.value.then(rung)
    else afterOtherEvents(rung) // moved between the two; a peer that moves it for ever gets no more than its turn
  }

  #lookWhetherPeerIsThere(): void {
    const { state } = this.#peerBell
    if (state === STATE_GONE) this.end()
    if (state === STATE_LOST) {
      this.end(new SharedChannelError('PEER_LOST', 'The other side of the channel has ended without closing it.'))
    }
  }

  async #stop(): Promise<void> {
    if (this.#ended !== undefined) return
    this.#bell.state = this.#bell.state === STATE_CLOSED ? STATE_GONE : STATE_LOST
    this.#peerBell.move()
    this.wakePeer()
    await this.#hooks.stop?.()
    this.end()
  }
}

const closedError = () => new SharedChannelError('CLOSED', 'This link is closed; open another.')
