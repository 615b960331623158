/**
 * How the two agents of a link find each other (worker-link.ts, serve-link.ts). On the worker, beside the user's messages:
 *
 *     ask  { name }                       Who opens a link asks whether its name is served;
 *     serving  { name? }                  who serves answers, and says so unasked when it begins, since a question that came before
 *                                         may be lost: hosts keep messages for a while only. Without a name it serves all.
 *     open  { name, memory, port, lock }  Then, once, the memory, and a port of this link's own.
 *
 * On that port: `served`, or `failed { text }`; then nothing, or rings where the engine has no `Atomics.waitAsync`. Each link has
 * a port since each keeps the event loop alive, or not, by itself; and it tells of the other agent's end.
 */
import { isPort, type Port, subscribe } from './target-carrier.ts'

export type Handshake =
  | { readonly sharedChannelLink: 'ask'; readonly name: string }
  | { readonly sharedChannelLink: 'serving'; readonly name: string | undefined }
  | {
      readonly sharedChannelLink: 'open'
      readonly name: string
      readonly memory: SharedArrayBuffer
      readonly port: LinkPort
      readonly lock: string
    }
  | { readonly sharedChannelLink: 'served' }
  | { readonly sharedChannelLink: 'failed'; readonly text: string }

/** A port for one link. */
export type LinkPort = Port & { close(): void; ref?(): void; unref?(): void }

/** Who is told of what comes from a worker, or a worker's parent. */
export interface HandshakeListener {
  message(message: Handshake): void
  /** Nothing comes any more, or it cannot be expected: the worker has ended, or failed while it started. */
  ended?(text: string): void
}

/** Those who listen to each worker or port. */
const listeners = new WeakMap<object, Set<HandshakeListener>>()

/** Tells `listener` of the handshakes that come from `target`; all who listen share one listener there. Returns how to stop. */
export function listenTo(target: Port, listener: HandshakeListener): () => void {
  const all = listeners.get(target) ?? attach(target)
  all.add(listener)
  return () => {
    all.delete(listener)
    if (all.size === 0) detachers.get(all)?.()
  }
}

const detachers = new WeakMap<Set<HandshakeListener>, () => void>()

function attach(target: Port): Set<HandshakeListener> {
  const all = new Set<HandshakeListener>()
  listeners.set(target, all)
  const ended = (text: string) => {
    for (const listener of [...all]) listener.ended?.(text)
  }
  const handlers = {
    message: (value: unknown) => {
      const message = readHandshake(value)
      if (message !== undefined) for (const listener of [...all]) listener.message(message)
    },
    close: () => ended('The port to the worker was closed.'),
    exit: (code: unknown) => ended(`The worker has ended with code ${code}.`),
  }
  // Of the web only: there a script that cannot be loaded is told by nothing else, and Node's is for the user.
  const failed = (event: unknown) =>
    ended(`The worker failed: ${propertyOf(event, 'message') ?? 'its script cannot be loaded'}`)
  const stop = subscribe(target, 'addEventListener' in target ? { ...handlers, error: failed } : handlers)
  target.start?.()
  detachers.set(all, () => {
    listeners.delete(target)
    stop()
  })
  return all
}

/** What `value`, an event or a message, says of links; undefined for all else. */
export function readHandshake(value: unknown): Handshake | undefined {
  for (const found of [value, propertyOf(value, 'data')]) {
    const sharedChannelLink = propertyOf(found, 'sharedChannelLink')
    const name = propertyOf(found, 'name')
    switch (sharedChannelLink) {
      case 'ask':
        if (typeof name === 'string') return { sharedChannelLink, name }
        break
      case 'serving':
        if (typeof name === 'string' || name === undefined) return { sharedChannelLink, name }
        break
      case 'open': {
        const memory = propertyOf(found, 'memory')
        const port = propertyOf(found, 'port')
        const lock = propertyOf(found, 'lock')
        if (typeof name === 'string' && typeof lock === 'string' && isSharedMemory(memory) && isLinkPort(port)) {
          return { sharedChannelLink, name, memory, port, lock }
        }
        break
      }
      case 'served':
        return { sharedChannelLink }
      case 'failed': {
        const text = propertyOf(found, 'text')
        if (typeof text === 'string') return { sharedChannelLink, text }
      }
    }
  }
  return undefined
}

const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

/** By name, as buffers of other realms have another class. */
const isSharedMemory = (value: unknown): value is SharedArrayBuffer =>
  Object.prototype.toString.call(value) === '[object SharedArrayBuffer]'

const isLinkPort = (value: unknown): value is LinkPort =>
  typeof value === 'object' && value !== null && isPort(value) && typeof propertyOf(value, 'close') === 'function'
