// Cameras in this agent: the other side of what a store opens.
import {
  AgentLink,
  bytes,
  defineProtocol,
  flip,
  json,
  type Link,
  SharedChannel,
  type SharedChannelError,
  segmentSize,
  writeLayout,
} from '@shared-channel/core'

export const Camera = defineProtocol({
  send: { command: { id: 1, codec: json<{ exposure: number }>() } },
  receive: { frame: { id: 2, codec: bytes() }, level: { id: 3, codec: json<number>() } },
})
export type Camera = typeof Camera

const CameraEnd = flip(Camera)
const CAPACITY = 1 << 16

/** Connects to a new camera each time, and counts. */
export class Cameras {
  /** The cameras' ends of the channels, in the order of their making. */
  readonly ends: SharedChannel<typeof CameraEnd>[] = []
  /** What each attempt to connect was given. */
  readonly signals: AbortSignal[] = []
  #nearLink: AgentLink | undefined
  /** How many links the stores' side has let go of. */
  released = 0

  readonly connect = (signal: AbortSignal): Link => {
    this.signals.push(signal)
    const memory = new SharedArrayBuffer(segmentSize(CAPACITY, CAPACITY))
    writeLayout(memory, CAPACITY, CAPACITY)
    this.ends.push(new SharedChannel(new AgentLink(memory, 1), CameraEnd))
    this.#nearLink = new AgentLink(memory, 0, { close: () => this.released++ })
    return this.#nearLink
  }

  /** The camera that was connected last goes away, and not in good order. */
  lose(reason: SharedChannelError): void {
    this.#nearLink?.end(reason)
  }

  /** The one that was made last. */
  get newest(): SharedChannel<typeof CameraEnd> {
    const end = this.ends.at(-1)
    if (end === undefined) throw new Error('nobody has connected')
    return end
  }

  /** How many channels are held. */
  get open(): number {
    return this.ends.length - this.released
  }
}

/** What the components of the tests take. */
export interface CameraProps {
  connect: (signal: AbortSignal) => Link | Promise<Link>
  onlevel?: (level: number) => void
  /** Called whenever the latest level is rendered. */
  onupdate?: () => void
}
