// Two ends in one agent over one buffer: the smallest host that a channel can have.
import { SharedChannelError } from '../../src/errors.ts'
import { SIDE_STRIDE, type Side, STATE_CLOSED, STATE_OFFSET, segmentSize, writeLayout } from '../../src/layout.ts'
import type { Link, LinkListener } from '../../src/link.ts'

export class MemoryLink implements Link {
  readonly memory: ArrayBufferLike
  readonly side: Side
  /** Whether it holds the event loop, as the channel asked last. */
  holdsEventLoop = false
  /** How often the channel woke the other side. */
  wakesOfPeer = 0
  closed = false

  peer!: MemoryLink
  #listener: LinkListener | undefined
  #scheduled = false
  #missed = false
  #ended = false
  #reason: SharedChannelError | undefined

  constructor(memory: ArrayBufferLike, side: Side) {
    this.memory = memory
    this.side = side
  }

  wakePeer(): void {
    if (this.closed) return
    this.wakesOfPeer++
    this.peer.#ring()
  }

  listen(listener: LinkListener): void {
    if (this.#listener !== undefined) throw new SharedChannelError('INVALID_ARGUMENT', 'The link is in use.')
    if (this.closed) throw new SharedChannelError('CLOSED', 'The link is closed.')
    this.#listener = listener
    if (this.#missed) this.#ring()
    if (this.#ended) queueMicrotask(() => listener.ended(this.#reason))
  }

  ref(): void {
    this.holdsEventLoop = true
  }

  unref(): void {
    this.holdsEventLoop = false
  }

  /** The other side cannot be forced here: it is told that this one is gone, and counts as gone from here. */
  async stop(): Promise<void> {
    this.peer.end(this.#hasClosed() ? undefined : new SharedChannelError('PEER_LOST', 'The other side went away.'))
    this.end()
  }

  async close(): Promise<void> {
    await this.stop()
    this.closed = true
  }

  /** Tells the channel that the other side has ended. */
  end(reason?: SharedChannelError): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    this.#listener?.ended(reason)
  }

  /** Tells the channel of an error that ends nothing. */
  error(error: SharedChannelError): void {
    this.#listener?.error(error)
  }

  /** Tells the channel that the other side has gone and will be back. Returns what the channel says. */
  interrupt(reason: SharedChannelError): number | undefined {
    this.peer.closed = true
    return this.#listener?.interrupted(reason)
  }

  /** Brings the other side back, with empty rings. Returns how many messages the channel says are lost, and its link. */
  resume(capacity = 4096): { lost: number | undefined; link: MemoryLink } {
    const lost = this.#listener?.resumed(() => {
      new Uint8Array(this.memory).fill(0)
      writeLayout(this.memory, capacity, capacity)
    })
    const link = new MemoryLink(this.memory, this.side === 0 ? 1 : 0)
    link.peer = this
    this.peer = link
    this.#ring()
    return { lost, link }
  }

  #ring(): void {
    this.#missed = this.#listener === undefined
    if (this.#missed || this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#listener?.wake()
    })
  }

  #hasClosed(): boolean {
    if (this.memory.byteLength === 0) return false // taken away by a test
    const states = new Int32Array(this.memory, STATE_OFFSET + SIDE_STRIDE * this.side, 1)
    return Atomics.load(states, 0) >= STATE_CLOSED
  }
}

/** Both links of a new segment. */
export function memoryLinks(
  capacity0 = 4096,
  capacity1 = 4096,
  memory: ArrayBufferLike = new SharedArrayBuffer(segmentSize(capacity0, capacity1)),
): readonly [MemoryLink, MemoryLink] {
  writeLayout(memory, capacity0, capacity1)
  const links = [new MemoryLink(memory, 0), new MemoryLink(memory, 1)] as const
  links[0].peer = links[1]
  links[1].peer = links[0]
  return links
}
