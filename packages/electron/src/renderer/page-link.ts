// A link of the preload's whose memory is the page's.
import { type Link, type LinkListener, SharedChannelError, type Side } from '@shared-channel/core'
import type { BridgedLink, BridgedListener } from '../shared/bridge.ts'
import { unpackError, unwrap } from '../shared/plain-error.ts'
import { memoryOf, releaseMemory } from './page-memory.ts'

/** @returns When its memory is here. */
export async function pageLink(bridged: BridgedLink): Promise<Link> {
  return new PageLink(bridged, await memoryOf(bridged.token))
}

class PageLink implements Link {
  readonly side: Side
  readonly #bridged: BridgedLink
  readonly #memory: ArrayBufferLike
  #closing: Promise<void> | undefined

  constructor(bridged: BridgedLink, memory: ArrayBufferLike) {
    this.side = bridged.side
    this.#bridged = bridged
    this.#memory = memory
  }

  get memory(): ArrayBufferLike {
    if (this.#closing !== undefined) throw new SharedChannelError('CLOSED', 'This link is closed; connect again.')
    return this.#memory
  }

  wakePeer(): void {
    this.#bridged.wakePeer()
  }

  listen(listener: LinkListener): void {
    unwrap(this.#bridged.listen(bridgeListener(listener)))
  }

  /** A page is kept alive by its window. */
  ref(): void {}

  unref(): void {}

  stop(): Promise<void> {
    return this.#bridged.stop()
  }

  close(): Promise<void> {
    this.#closing ??= this.#bridged.close().then(() => releaseMemory(this.#memory))
    return this.#closing
  }
}

function bridgeListener(listener: LinkListener): BridgedListener {
  return {
    wake: () => listener.wake(),
    error: (error) => listener.error(unpackError(error)),
    ended: (reason) => listener.ended(reason && unpackError(reason)),
    interrupted: (reason) => listener.interrupted(unpackError(reason)),
    resumed: (replace) => listener.resumed(() => unwrap(replace())),
  }
}
