/**
 * The end of a port behind which there is a link, as to a plugin: plays the side of its `SharedChannel`, which is at the
 * other end of the port (port-link.ts) and cannot see the link's memory.
 */
import { type Link, MemoryMirror, type SharedChannelError } from '@shared-channel/core'
import { type PlainError, packError } from './plain-error.ts'
import type { Port } from './port.ts'
import { PortEnd } from './port-end.ts'
import { corrupt, type PortMessage } from './port-messages.ts'

/** A link that is used through a port. */
export interface MirroredLink {
  /** Resolves when the link is closed, with the reason when nobody asked it to end; never rejects. */
  readonly closed: Promise<SharedChannelError | undefined>
  /**
   * Ends the link now, and lets go of both. For whoever learns that the other end is gone.
   *
   * @param reason What the other end is told, if it still hears.
   */
  close(reason?: SharedChannelError): Promise<void>
}

/**
 * Carries a link to the other end of a port, where `portLink` with the link's side and capacities makes a link of it again.
 * From here on both belong to the mirror.
 *
 * @param link One that no channel has.
 * @param port The port, for nothing but this. It is closed with the link.
 * @throws SharedChannelError `INVALID_ARGUMENT` when the link has a channel, `CLOSED` when it is closed.
 * @example
 * const mirrored = mirrorLink(await openPlugin('/abs/libcamera'), port)
 * window.once('closed', () => mirrored.close())
 */
export const mirrorLink = (link: Link, port: Port): MirroredLink => new LinkMirror(link, port)

class LinkMirror implements MirroredLink {
  readonly closed: Promise<SharedChannelError | undefined>
  readonly #link: Link
  readonly #end: PortEnd
  #mirror: MemoryMirror
  /** How many restarts the other end has not answered: until then what it says is of rings that are no more. */
  #unansweredRestarts = 0
  #isOver = false
  #resolveClosed!: (reason: SharedChannelError | undefined) => void

  constructor(link: Link, port: Port) {
    this.#link = link
    this.#mirror = new MemoryMirror(link.memory, link.side)
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    this.#end = new PortEnd(port, this.#mirror.capacities, true, {
      message: (message) => this.#received(message),
      failed: (reason) => void this.#finish(reason),
    })
    link.listen({
      wake: () => this.#flush(),
      error: (error) => this.#post({ type: 'error', error: packError(error) }),
      ended: (reason) => this.#linkHasEnded(reason),
      interrupted: (reason) => this.#interrupted(reason),
      resumed: (replace) => this.#resumed(replace),
    })
    this.#end.start()
    this.#flush()
  }

  async close(reason?: SharedChannelError): Promise<void> {
    this.#post({ type: 'ended', ...(reason && { reason: packError(reason) }) })
    await this.#finish(reason)
  }

  /** Sends what the link's other side has done since the last time. */
  #flush(): void {
    if (this.#isOver) return
    try {
      const progress = this.#mirror.collect()
      if (progress !== undefined) this.#post({ type: 'progress', ...progress })
    } catch (error) {
      this.#end.fail(error)
    }
  }

  #post(message: PortMessage<PlainError>): void {
    if (this.#isOver) return
    try {
      this.#end.post(message)
    } catch (error) {
      this.#end.fail(error)
    }
  }

  #received(message: PortMessage<SharedChannelError>): void {
    switch (message.type) {
      case 'progress':
        if (this.#unansweredRestarts === 0 && this.#mirror.write(message)) this.#link.wakePeer()
        break
      case 'stop':
        void this.#stop()
        break
      case 'ended':
        void this.#finish(message.reason)
        break
      case 'resumed':
        if (this.#unansweredRestarts-- === 0) throw corrupt('an answer that was not asked for')
        break
      default:
        throw corrupt(`"${message.type}", which is not for this end`)
    }
  }

  async #stop(): Promise<void> {
    await this.#link.stop()
    this.#linkHasEnded(undefined) // also when it was given up
  }

  #linkHasEnded(reason: SharedChannelError | undefined): void {
    this.#flush()
    this.#post({ type: 'ended', ...(reason && { reason: packError(reason) }) })
    void this.#finish(reason)
  }

  async #finish(reason: SharedChannelError | undefined): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#end.close()
    await this.#link.close()
    this.#resolveClosed(reason)
  }

  // ---- The link's other side ends, and comes back ----

  #interrupted(reason: SharedChannelError): number | undefined {
    this.#flush() // it may have had no time to ring
    this.#post({ type: 'interrupted', reason: packError(reason) })
    return this.#isOver ? undefined : 0
  }

  /** What is on its way in the port is not counted here: the other end has it too, and counts all. */
  #resumed(replace: () => void): number {
    const lost = this.#mirror.countUnread()
    replace()
    this.#mirror = new MemoryMirror(this.#link.memory, this.#link.side)
    this.#unansweredRestarts++
    this.#post({ type: 'resumed' })
    return lost
  }
}
