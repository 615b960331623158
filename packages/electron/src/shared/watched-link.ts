import type { Link, LinkListener, SharedChannelError } from '@shared-channel/core'

/** A link that others end too, and whose owner hears when it has closed. */
export class WatchedLink implements Link {
  readonly #link: Link
  readonly #closed: () => void
  #listener: LinkListener | undefined
  #ending: { readonly reason: SharedChannelError | undefined } | undefined
  #closing: Promise<void> | undefined

  /** @param closed Called once. */
  constructor(link: Link, closed: () => void) {
    this.#link = link
    this.#closed = closed
  }

  get memory(): ArrayBufferLike {
    return this.#link.memory
  }

  get side(): Link['side'] {
    return this.#link.side
  }

  wakePeer(): void {
    this.#link.wakePeer()
  }

  listen(listener: LinkListener): void {
    this.#link.listen({
      wake: () => listener.wake(),
      error: (error) => listener.error(error),
      ended: (reason) => this.end(reason),
      interrupted: (reason) => listener.interrupted(reason),
      resumed: (replace) => listener.resumed(replace),
    })
    this.#listener = listener
    if (this.#ending !== undefined) queueMicrotask(() => listener.ended(this.#ending?.reason))
  }

  ref(): void {
    this.#link.ref()
  }

  unref(): void {
    this.#link.unref()
  }

  stop(): Promise<void> {
    return this.#link.stop()
  }

  close(): Promise<void> {
    this.#closing ??= this.#link.close().then(this.#closed)
    return this.#closing
  }

  /** The other end is gone, or the main process ends the link. */
  end(reason: SharedChannelError | undefined): void {
    if (this.#ending !== undefined) return
    this.#ending = { reason }
    this.#listener?.ended(reason)
    void this.#link.stop()
  }
}
