import { invalidArgument } from './errors.ts'
import { reportUncaught } from './host.ts'
import { readLayout } from './layout.ts'
import type { Link } from './link.ts'
import { type Handshake, listenTo } from './link-handshake.ts'
import { holdLock, portAgentLink } from './port-agent-link.ts'
import { isPort } from './target-carrier.ts'

/** Which links a {@link serveLink} takes, and from where. */
export interface ServeLinkOptions {
  /** Only links of this name. Without it, those of all names that nobody else here serves. */
  name?: string
  /**
   * Where they come from: the MessagePort that the other agent gave to {@link workerLink}. Default: the parent of this worker, `self`
   * or `parentPort` (which has to be given in Node before 20.16).
   */
  target?: object
}

/** Makes something of a link that was opened from the other side: a channel, with `flip` of its protocol. */
export type LinkHandler = (link: Link, info: { readonly name: string }) => unknown

/**
 * Serves the links that the parent of this worker opens with {@link workerLink}; any number, until it is stopped.
 *
 * A link whose name nobody serves waits on the other side: it is opened when its name is served after all, as long as somebody
 * waits for it there. In Node this keeps the worker alive, as every listener on `parentPort` does.
 *
 * @param handler Called with each link. What it throws rejects the caller's `workerLink` with `REMOTE_ERROR`; a promise that it
 *   returns is not waited for, and closes the link when it rejects.
 * @param options `name`, `target`; see {@link ServeLinkOptions}.
 * @returns Serves no more; the links that are open stay so. Safe to call again.
 * @throws SharedChannelError `INVALID_ARGUMENT` when the name is served already, and where there is no parent.
 * @example
 * serveLink((link) => {
 *   const channel = new SharedChannel(link, flip(Work))
 *   channel.handle('measure', (region) => measure(region))
 * })
 */
export function serveLink(handler: LinkHandler, options: ServeLinkOptions = {}): () => void {
  const { name, target = findParent() } = options
  if (typeof target !== 'object' || target === null || !isPort(target)) {
    throw invalidArgument(
      'serveLink runs in a worker. Elsewhere, and in Node before 20.16, say where links come from: { target: parentPort }.',
    )
  }
  const handlers = handlersOf.get(target) ?? new Map<string | undefined, LinkHandler>()
  if (handlers.has(name)) {
    throw invalidArgument(
      `${name === undefined ? 'All names are' : `The name "${name}" is`} served already; stop that first.`,
    )
  }
  const own: LinkHandler = (link, info) => handler(link, info)
  handlersOf.set(target, handlers)
  handlers.set(name, own)
  const stop = listenTo(target, {
    message: (message) => {
      if (message.sharedChannelLink !== 'ask' && message.sharedChannelLink !== 'open') return
      if (name === undefined ? handlers.has(message.name) : name !== message.name) return
      if (message.sharedChannelLink === 'ask') target.postMessage(serving)
      else void serve(message, own)
    },
  })
  const serving: Handshake = { sharedChannelLink: 'serving', name }
  target.postMessage(serving)
  return () => {
    stop()
    if (handlers.get(name) === own) handlers.delete(name)
  }
}

/** Who serves what on each target. */
const handlersOf = new WeakMap<object, Map<string | undefined, LinkHandler>>()

async function serve(request: Extract<Handshake, { sharedChannelLink: 'open' }>, handler: LinkHandler): Promise<void> {
  const { name, memory, port, lock } = request
  const answer = (message: Handshake) => port.postMessage(message)
  let link: Link | undefined
  let isServed = false
  try {
    readLayout(memory)
    link = portAgentLink(memory, 1, port, await holdLock(port, lock))
    const result = handler(link, { name })
    isServed = true
    answer({ sharedChannelLink: 'served' })
    await result
  } catch (error) {
    if (isServed) reportUncaught(error)
    else answer({ sharedChannelLink: 'failed', text: error instanceof Error ? error.message : String(error) })
    await link?.close()
  }
}

declare const process:
  | { getBuiltinModule?(name: 'node:worker_threads'): { readonly parentPort: object | null } }
  | undefined

/** Of a thread of Node its `parentPort`, else what a Web Worker calls `self`. */
function findParent(): object {
  const node = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:worker_threads')
  return node?.parentPort ?? globalThis
}
