import {
  type AgentLink,
  flip,
  type Link,
  memoryLinks,
  type Protocol,
  SharedChannel,
  SharedChannelError,
} from '@shared-channel/core'

type Peer<P extends Protocol> = SharedChannel<Protocol<P['receive'], P['send']>>

/** What components connect to in tests: real channels, whose other ends the test plays. */
export class FakeHost<P extends Protocol> {
  readonly #protocol: P
  /** The other ends, in the order in which they were asked for. */
  readonly peers: Peer<P>[] = []
  /** The signal of each call of `connect`. */
  readonly signals: AbortSignal[] = []
  /** How many links were closed. */
  closedLinks = 0
  #newestLink: AgentLink | undefined

  constructor(protocol: P) {
    this.#protocol = protocol
  }

  readonly connect = async (signal: AbortSignal): Promise<Link> => {
    this.signals.push(signal)
    return this.open()
  }

  /** A link whose other end has a channel. */
  open(): Link {
    const [link, far] = memoryLinks({ onClose: () => void this.closedLinks++ })
    this.peers.push(new SharedChannel(far, flip<P['send'], P['receive']>(this.#protocol)))
    this.#newestLink = link
    return link
  }

  /** How often somebody has connected. */
  get connects(): number {
    return this.signals.length
  }

  /** How many links are not closed. */
  get openLinks(): number {
    return this.peers.length - this.closedLinks
  }

  /** The other end of the channel that was opened last. */
  get peer(): Peer<P> {
    const peer = this.peers.at(-1)
    if (peer === undefined) throw new Error('nobody has connected')
    return peer
  }

  /** Ends the channel that was opened last, and not in good order. */
  lose(reason = new SharedChannelError('PEER_LOST', 'The other side has crashed.')): void {
    this.#newestLink?.end(reason)
  }
}
