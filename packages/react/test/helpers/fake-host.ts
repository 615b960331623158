// What components connect to in these tests: real channels, with both ends in one agent.
import {
  AgentLink,
  flip,
  type Link,
  type Protocol,
  SharedChannel,
  SharedChannelError,
  segmentSize,
  writeLayout,
} from '@shared-channel/core'

const CAPACITY = 1 << 16

export class FakeHost<P extends Protocol> {
  readonly #protocol: P
  /** The other ends, in the order in which they were asked for. */
  readonly peers: SharedChannel<Protocol<P['receive'], P['send']>>[] = []
  /** The ends that were given out. */
  readonly #links: AgentLink[] = []
  /** The signal of each call of `connect`. */
  readonly signals: AbortSignal[] = []
  /** How many links are not closed. */
  openLinks = 0

  constructor(protocol: P) {
    this.#protocol = protocol
  }

  /** How often somebody has connected. */
  get connects(): number {
    return this.signals.length
  }

  /** The other end of the channel that was opened last. */
  get peer(): SharedChannel<Protocol<P['receive'], P['send']>> {
    const peer = this.peers.at(-1)
    if (peer === undefined) throw new Error('nobody has connected')
    return peer
  }

  readonly connect = async (signal: AbortSignal): Promise<Link> => {
    this.signals.push(signal)
    return this.open()
  }

  /** A link whose other end has a channel. */
  open(): Link {
    const memory = new SharedArrayBuffer(segmentSize(CAPACITY, CAPACITY))
    writeLayout(memory, CAPACITY, CAPACITY)
    this.peers.push(new SharedChannel(new AgentLink(memory, 1), flip<P['send'], P['receive']>(this.#protocol)))
    this.openLinks++
    const link = new AgentLink(memory, 0, { close: () => void this.openLinks-- })
    this.#links.push(link)
    return link
  }

  /** Ends the channel that was opened last, without its having been asked to. */
  lose(): void {
    this.#links.at(-1)?.end(new SharedChannelError('PEER_LOST', 'The other side has crashed.'))
  }
}
