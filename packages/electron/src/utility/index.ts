/**
 * For utility processes and workers of the application: links that the main process makes to them.
 */
import { parentPort } from 'node:worker_threads'
import type { Link } from '@shared-channel/core'
import { SharedChannelError } from '@shared-channel/core'
import type { LinkOrigin } from '../shared/bridge.ts'
import { introduce } from '../shared/introduction.ts'
import { type FromMember, type MemberOffer, memberMessage, type ToMember } from '../shared/member-messages.ts'
import { nativeLinkMaker } from '../shared/native-link-maker.ts'
import { unpackError } from '../shared/plain-error.ts'
import { type Port, pipeOf } from '../shared/port.ts'
import { WatchedLink } from '../shared/watched-link.ts'
import { RelayedPort } from './relayed-port.ts'

export type { LinkOrigin } from '../shared/bridge.ts'

type Handler = (link: Link, origin: LinkOrigin) => void

/** The way to the main process, of a utility process or of a worker. */
interface Parent {
  say(message: FromMember): void
  onMessage(received: (message: ToMember, port: Port | undefined) => void): void
}

interface Waiting {
  readonly offer: MemberOffer
  readonly port: Port
}

const handlers = new Map<string, Handler>()
const waiting = new Map<string, Waiting[]>()
const made = new Map<string, WatchedLink>()
const relayed = new Map<string, RelayedPort>()
let parent: Parent | undefined

/**
 * Hears of links that the main process has made to this process or worker (`broker.connect`, `broker.link`). Those that came
 * after the first call of this function wait for their handler; call it in the first turn of the event loop.
 *
 * @param name As given there. One handler for each name; a later one replaces it.
 * @param handler Gets the link, for one channel, and where it comes `from`.
 * @throws SharedChannelError `NOT_SUPPORTED` elsewhere.
 * @example
 * onLink('work', (link) => serve(new SharedChannel(link, flip(Work))))
 */
export function onLink(name: string, handler: Handler): void {
  listen()
  handlers.set(name, handler)
  for (const each of waiting.get(name) ?? []) void accept(each, handler)
  waiting.delete(name)
}

function listen(): void {
  if (parent !== undefined) return
  parent = findParent()
  parent.onMessage((message, port) => {
    switch (message.sharedChannelLink) {
      case 'offer':
        offered(message.offer, port ?? relay(message.offer.id))
        break
      case 'relay':
        relayed.get(message.id)?.received(message.data)
        break
      case 'end':
        made.get(message.id)?.end(message.error && unpackError(message.error))
        relayed.get(message.id)?.close()
    }
  })
}

function findParent(): Parent {
  const utility = process.parentPort
  if (utility !== undefined && utility !== null) {
    return {
      say: (message) => utility.postMessage(message),
      onMessage: (received) =>
        utility.on('message', ({ data, ports }) => {
          const message = memberMessage<ToMember>(data)
          if (message !== undefined) received(message, ports[0])
        }),
    }
  }
  if (parentPort === null) {
    throw new SharedChannelError('NOT_SUPPORTED', 'onLink of this module is for utility processes and workers.')
  }
  const worker = parentPort
  return {
    say: (message) => worker.postMessage(message),
    onMessage: (received) =>
      worker.on('message', (value) => {
        const message = memberMessage<ToMember>(value)
        if (message !== undefined) received(message, undefined)
      }),
  }
}

/** Electron's ports cannot be sent to a worker: what goes through this one, the main process passes on. */
function relay(id: string): Port {
  const port = new RelayedPort((data) => parent?.say({ sharedChannelLink: 'relay', id, data }))
  relayed.set(id, port)
  return port
}

function offered(offer: MemberOffer, port: Port): void {
  const handler = handlers.get(offer.name)
  if (handler !== undefined) void accept({ offer, port }, handler)
  else waiting.set(offer.name, [...(waiting.get(offer.name) ?? []), { offer, port }])
}

async function accept({ offer, port }: Waiting, handler: Handler): Promise<void> {
  const { id, name, from, role, trusted } = offer
  try {
    const link = await introduce(pipeOf(port), role, nativeLinkMaker(port, trusted))
    const watched = new WatchedLink(link, () => {
      made.delete(id)
      relayed.delete(id)
      parent?.say({ sharedChannelLink: 'closed', id })
    })
    made.set(id, watched)
    handler(watched, { from })
  } catch (error) {
    console.error(`The link "${name}" from ${from} could not be made.`, error)
    parent?.say({ sharedChannelLink: 'closed', id })
  }
}
