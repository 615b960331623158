import { AgentLink } from './agent-link.ts'
import { ringSize } from './checks.ts'
import { afterOtherEvents } from './host.ts'
import { segmentSize, writeLayout } from './layout.ts'

/** How large the rings of {@link memoryLinks} are, and who hears of the end. */
export interface MemoryLinksOptions {
  /** Bytes of the ring that the first link writes, 4 KiB to 1 GiB, rounded up to a power of two. Default 64 KiB. */
  sendCapacity?: number
  /** Bytes of the ring that the second link writes. Default 64 KiB. */
  receiveCapacity?: number
  /** Called once, when the first link was closed. */
  onClose?: () => void
}

/**
 * Both ends of a channel in one place, over ordinary memory: for tests of whatever connects to a plugin or a worker, which the test
 * then plays itself. It needs no worker, no SharedArrayBuffer and no browser, and keeps no process alive.
 *
 * Each link is for one channel, as all are. A crash of the end that is played is `end` of the other: see the example.
 *
 * @param options Capacities in bytes, `onClose`; see {@link MemoryLinksOptions}.
 * @returns The end to connect to, and the end that is played.
 * @throws SharedChannelError `INVALID_ARGUMENT` for a capacity that a ring cannot have.
 * @example
 * const [link, far] = memoryLinks()
 * const plugin = new SharedChannel(far, flip(Camera))
 * plugin.handle('measure', () => ({ mean: 0.5 }))
 *
 * const channel = new SharedChannel(link, Camera)
 * await channel.request('measure', { x: 1 }) // { mean: 0.5 }
 * link.end(new SharedChannelError('PEER_LOST', 'The camera fell.'))
 */
export function memoryLinks(options: MemoryLinksOptions = {}): [AgentLink, AgentLink] {
  const sendCapacity = ringSize('sendCapacity', options.sendCapacity ?? DEFAULT_CAPACITY)
  const receiveCapacity = ringSize('receiveCapacity', options.receiveCapacity ?? DEFAULT_CAPACITY)
  const memory = new ArrayBuffer(segmentSize(sendCapacity, receiveCapacity))
  writeLayout(memory, sendCapacity, receiveCapacity)
  const links: [AgentLink, AgentLink] = [
    new AgentLink(memory, 0, { ring: () => soonWake(links[1]), close: () => options.onClose?.() }),
    new AgentLink(memory, 1, { ring: () => soonWake(links[0]) }),
  ]
  return links
}

const DEFAULT_CAPACITY = 64 * 1024

/** Not at once, and not as a microtask: two ends that answer each other leave room for other events. */
const soonWake = (link: AgentLink) => afterOtherEvents(() => link.wake())
