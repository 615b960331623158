// Links of the page.
import { type Link, SharedChannelError, type WaitOptions } from '@shared-channel/core'
import type { Granted, LinkOrigin } from '../shared/bridge.ts'
import { unpackError, unwrap } from '../shared/plain-error.ts'
import { portLink } from '../shared/port-link.ts'
import { WatchedLink } from '../shared/watched-link.ts'
import { pageLink } from './page-link.ts'
import { portOf } from './page-memory.ts'
import { requirePreload } from './preload.ts'

let lastId = 0

/**
 * Opens a plugin of the application, by the name that `createBroker` gave it. Each call opens an instance of its own.
 *
 * @param name As in `createBroker({ plugins })`.
 * @param options `timeout` in milliseconds, from 0; default: none. `signal`.
 * @returns A link for one channel.
 * @throws SharedChannelError (as a rejection) `INVALID_ARGUMENT` for a name that there is none of, or when the main process
 *   does not let this page connect; `NOT_SUPPORTED` where there is no preload of ours, or no broker; what `openPlugin` rejects
 *   with; `TIMEOUT`. The reason of `options.signal`.
 * @example
 * const channel = new SharedChannel(await connect('camera'), Camera)
 */
export async function connect(name: string, options: WaitOptions = {}): Promise<Link> {
  const { signal } = options
  if (typeof name !== 'string') {
    throw new SharedChannelError('INVALID_ARGUMENT', `The name of a plugin is a text; this is a ${typeof name}.`)
  }
  signal?.throwIfAborted()
  const preload = requirePreload()
  const id = ++lastId
  const connected = preload.connect(name, id).then(async (outcome) => linkOf(unwrap(outcome)))
  return waitFor(connected, options, () => {
    preload.cancel(id)
    connected.then((link) => link.close()).catch(() => {})
  })
}

/**
 * Hears of links that the main process has made to this page (`broker.connect`, `broker.link`). Those that came before wait.
 *
 * @param name As given there. One handler for each name; a later one replaces it.
 * @param handler Gets the link, for one channel, and where it comes `from`: the other page's origin, or `'main'`, `'utility'` or `'worker'`.
 * @throws SharedChannelError `NOT_SUPPORTED` where there is no preload of ours.
 * @example
 * onLink('preview', (link) => show(new SharedChannel(link, Preview)))
 */
export function onLink(name: string, handler: (link: Link, origin: LinkOrigin) => void): void {
  requirePreload().onLink(name, (granted, origin) => {
    linkOf(granted).then(
      (link) => handler(link, origin),
      (error) => reportError(error),
    )
  })
}

async function linkOf(granted: Granted): Promise<Link> {
  if ('link' in granted) return pageLink(granted.link)
  const { token, closed, whenLost, ...options } = granted.port
  const link = portLink(await portOf(token), options)
  whenLost((reason) => link.lost(reason && unpackError(reason)))
  return new WatchedLink(link, closed)
}

/** @param givenUp Called when nobody waits any more. */
function waitFor<Value>(value: Promise<Value>, options: WaitOptions, givenUp: () => void): Promise<Value> {
  const { signal, timeout } = options
  return new Promise((resolve, reject) => {
    const stop = (reason: unknown) => {
      settled()
      reject(reason)
      givenUp()
    }
    const aborted = () => stop(signal?.reason)
    const expired = () => stop(new SharedChannelError('TIMEOUT', `There was no connection within ${timeout} ms.`))
    const timer = timeout === undefined ? undefined : setTimeout(expired, timeout)
    signal?.addEventListener('abort', aborted)
    const settled = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
    }
    value.then(
      (result) => {
        settled()
        resolve(result)
      },
      (error) => {
        settled()
        reject(error)
      },
    )
  })
}
