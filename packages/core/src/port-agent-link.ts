// What both ends of a worker link do with the port of their link: it keeps the event loop alive, rings where memory cannot, and
// tells of the other agent's end.
import { AgentLink, canWaitForMemory } from './agent-link.ts'
import { SharedChannelError } from './errors.ts'
import type { Side } from './layout.ts'
import type { LinkPort } from './link-handshake.ts'
import { subscribe } from './target-carrier.ts'

/** The link over `memory`, which closes `port`, and then calls `closed`, when it is closed. */
export function portAgentLink(memory: SharedArrayBuffer, side: Side, port: LinkPort, closed: () => void): AgentLink {
  const link = new AgentLink(memory, side, {
    // The same engine runs both sides, and lacks it on both.
    ...(!canWaitForMemory && { ring: () => port.postMessage(null) }),
    ref: () => port.ref?.(),
    unref: () => port.unref?.(),
    close: () => {
      stop()
      port.close()
      closed()
    },
  })
  const stop = subscribe(port, { message: () => link.wake(), close: () => peerIsGone(link) })
  port.start?.()
  port.unref?.() // to listen holds the event loop
  return link
}

/** The other agent has ended, or let go of the link: in which case it has said so in shared memory. */
export function peerIsGone(link: AgentLink): void {
  link.wake()
  link.end(new SharedChannelError('PEER_LOST', 'The worker at the other end of the channel, or its parent, has ended.'))
}

// ---- The end of a Web Worker ----
//
// Node tells it by the `close` event of a port. In the web that event is new (Chromium 156 has it not), but whoever has ended
// holds no lock any more: the worker takes one before it answers, and its parent asks for the same.

/** Only of the web: in Node the port tells. */
const locksFor = (port: LinkPort): LockManager | undefined =>
  'on' in port ? undefined : (globalThis.navigator as Navigator | undefined)?.locks

/** Holds a lock until the function is called that this resolves to, or until this agent ends. Never rejects. */
export function holdLock(port: LinkPort, name: string): Promise<() => void> {
  return new Promise((resolve) => {
    const locks = locksFor(port)
    const none = () => resolve(() => {})
    if (locks === undefined) none()
    else locks.request(name, () => new Promise<void>(resolve)).catch(none) // refused, as in a sandboxed frame
  })
}

/** Calls `released` when the other side does not hold its lock any more. Returns how to stop. */
export function awaitLock(port: LinkPort, name: string, released: () => void): () => void {
  const waiting = new AbortController()
  locksFor(port)
    ?.request(name, { signal: waiting.signal }, released)
    .catch(() => {})
  return () => waiting.abort()
}
