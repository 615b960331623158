import { type Link, type LinkListener, type Side, segmentSize, writeLayout } from '@shared-channel/core'

const CAPACITY = 64 * 1024

/** Two links over one buffer in this thread, so that a test can be the plugin. */
export function linkPair(): [Link, Link] {
  const memory = new ArrayBuffer(segmentSize(CAPACITY, CAPACITY))
  writeLayout(memory, CAPACITY, CAPACITY)
  const ends = [new End(memory, 0), new End(memory, 1)] as const
  ends[0].other = ends[1]
  ends[1].other = ends[0]
  return [...ends]
}

class End implements Link {
  readonly memory: ArrayBufferLike
  readonly side: Side
  other: End | undefined
  #listener: LinkListener | undefined

  constructor(memory: ArrayBufferLike, side: Side) {
    this.memory = memory
    this.side = side
  }

  wakePeer(): void {
    const { other } = this
    if (other !== undefined) setImmediate(() => other.#listener?.wake())
  }

  listen(listener: LinkListener): void {
    this.#listener = listener
  }

  ref(): void {}

  unref(): void {}

  async stop(): Promise<void> {
    this.#listener?.ended()
  }

  async close(): Promise<void> {
    const { other } = this
    if (other !== undefined) other.#listener?.ended()
    this.#listener = undefined
  }
}
