import type { SharedChannelError } from './errors.ts'
import type { Side } from './layout.ts'

/**
 * How a host reaches the other side of a channel: memory that both see, and a way to wake and be woken. A
 * {@link SharedChannel} is built over a link; everything that differs between Node, Electron, workers and browsers is
 * behind this interface.
 */
export interface Link {
  /** The whole segment, header included. Not to be touched after `close`. */
  readonly memory: ArrayBufferLike
  /** Which of the two ends this is. */
  readonly side: Side
  /**
   * Wakes the other side if it sleeps. Called only after its bell was moved: when its announcement was taken, and at the
   * end (Bell in ring.ts). Does nothing after `close`.
   */
  wakePeer(): void
  /**
   * Makes `listener` the one who is told. Events that came before are told soon, after this has returned.
   *
   * @throws SharedChannelError `INVALID_ARGUMENT` when the link already has a channel, `CLOSED` after `close`.
   */
  listen(listener: LinkListener): void
  /** Keeps the host's event loop alive (Node's process or worker). Not counted. */
  ref(): void
  /** Lets the host's event loop end. */
  unref(): void
  /**
   * Ends the other side now, whatever it is doing; it was asked politely before, by this side's state in shared memory.
   * Never rejects.
   *
   * @returns When it has ended, and the listener was told, or when it was given up. The memory can still be read.
   */
  stop(): Promise<void>
  /** Stops, if `stop` was not called, and lets go of the memory. Safe to call again; never rejects. */
  close(): Promise<void>
}

/** What a link tells its channel, always on the thread of this side. The functions must not throw. */
export interface LinkListener {
  /** This side's bell was rung: there is something to read, room to write, or the other side has closed. */
  wake(): void
  /** Something went wrong that does not end the link. */
  error(error: SharedChannelError): void
  /**
   * The other side has ended: it neither writes nor reads any more. What it wrote before can still be read. That it is
   * closing, and still reads, its state in shared memory tells; a link need not look at that.
   *
   * @param reason Why, when nobody asked it to.
   */
  ended(reason?: SharedChannelError): void
  /**
   * The other side has ended, and the link brings it back with empty rings: `resumed` or `ended` follows. Until then what it
   * published is handed out, and what is sent waits. Open calls are rejected with the reason, as is a direct message of which
   * a part was sent.
   *
   * @returns How many messages were lost that had been sent in part; undefined when the channel closes, and `ended` must be
   *   told.
   */
  interrupted(reason: SharedChannelError): number | undefined
  /**
   * The other side is back; `wake` must be told next.
   *
   * @param replace Called once, before this returns: puts the new segment in the place of the old one.
   * @returns How many messages of both sides were lost in the rings.
   */
  resumed(replace: () => void): number
}
