// The links of a page: those it asks for, and those that come from outside.
import { type Link, SharedChannelError } from '@shared-channel/core'
import type { Granted, LinkOrigin } from '../shared/bridge.ts'
import type { Capacities, Grant } from '../shared/frame-messages.ts'
import { introduce, type LinkMaker, type Said } from '../shared/introduction.ts'
import { packError } from '../shared/plain-error.ts'
import { type Pipe, pipeOf } from '../shared/port.ts'
import { bridgeLink } from './bridged-link.ts'
import type { MainProcess, Offer } from './main-process.ts'
import type { Allocation, Native } from './native.ts'
import { handOverPort } from './page-memory.ts'

type OnLink = (granted: Granted, origin: LinkOrigin) => void
interface Waiting {
  readonly offer: Offer
  readonly port: MessagePort
}

export class PageLinks {
  readonly #main: MainProcess
  readonly #native: () => Promise<Native | undefined>
  readonly #listeners = new Map<string, OnLink>()
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #cancels = new Map<string, () => void>()

  /** @param native Undefined where memory is copied. */
  constructor(main: MainProcess, native: () => Promise<Native | undefined>) {
    this.#main = main
    this.#native = native
  }

  // ---- Links that the page asks for ----

  async connect(name: string, id: string): Promise<Granted> {
    if (typeof name !== 'string') {
      throw new SharedChannelError('INVALID_ARGUMENT', `The name of a plugin is a text; this is a ${typeof name}.`)
    }
    const native = await this.#native()
    const { signal, cancelled } = this.#cancellable(id)
    try {
      const { grant, port } = await this.#ask(id, name, native !== undefined, signal)
      if (grant.kind === 'port') return this.#overPort(id, port as MessagePort, 0, grant)
      if (native === undefined) return noNative()
      return await whenThereIsRoom(() =>
        grant.kind === 'plugin'
          ? this.#openPlugin(id, native, grant, signal)
          : this.#createChannel(id, native, grant, signal),
      )
    } catch (error) {
      this.#main.say({ type: signal.aborted ? 'cancel' : 'closed', id })
      throw error
    } finally {
      cancelled()
    }
  }

  cancel(id: string): void {
    this.#cancels.get(id)?.()
  }

  #cancellable(id: string): { signal: AbortSignal; cancelled: () => void } {
    const controller = new AbortController()
    this.#cancels.set(id, () => controller.abort())
    return { signal: controller.signal, cancelled: () => this.#cancels.delete(id) }
  }

  #ask(id: string, name: string, isNative: boolean, signal: AbortSignal) {
    return new Promise<{ grant: Grant; port: MessagePort | undefined }>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
      this.#main.ask(id, {
        granted: (grant, port) => resolve({ grant, port }),
        opened: () => {},
        failed: reject,
      })
      this.#main.say({ type: 'connect', id, name, isNative })
    })
  }

  async #openPlugin(id: string, native: Native, grant: Extract<Grant, { kind: 'plugin' }>, signal: AbortSignal) {
    const pages = native.pages()
    try {
      const plugin = await native.host.openPluginOver(pages.allocate, grant.path, { ...grant.options, signal })
      return this.#bridged(id, plugin, pages)
    } catch (error) {
      pages.forget()
      throw error
    }
  }

  async #createChannel(id: string, native: Native, capacities: Capacities, signal: AbortSignal): Promise<Granted> {
    const { link, handle, pages } = createOver(native, capacities)
    try {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        this.#main.ask(id, { granted: () => {}, opened: resolve, failed: reject })
        this.#main.say({ type: 'handle', id, handle })
      })
      return this.#bridged(id, link, pages)
    } catch (error) {
      await link.close()
      pages.forget()
      throw error
    }
  }

  // ---- Links that come from outside ----

  onLink(name: string, listener: OnLink): void {
    this.#listeners.set(name, listener)
    for (const waiting of this.#waiting.get(name) ?? []) void this.#accept(waiting, listener)
    this.#waiting.delete(name)
  }

  offered(offer: Offer, port: MessagePort): void {
    const listener = this.#listeners.get(offer.name)
    if (listener !== undefined) void this.#accept({ offer, port }, listener)
    else this.#waiting.set(offer.name, [...(this.#waiting.get(offer.name) ?? []), { offer, port }])
  }

  async #accept({ offer, port }: Waiting, listener: OnLink): Promise<void> {
    const { id } = offer
    const pipe = endingPipe(port, (ended) => this.#main.onEnd(id, ended))
    try {
      const native = await this.#native()
      const granted = await introduce(pipe, offer, this.#makerOf(id, port, native))
      if ('link' in granted) port.close()
      listener(granted, { from: offer.from })
    } catch (error) {
      console.error(`The link "${offer.name}" from ${offer.from} could not be made.`, error)
      this.#main.say({ type: 'closed', id })
    }
  }

  #makerOf(id: string, port: MessagePort, native: Native | undefined): LinkMaker<Granted> {
    const overPort = (side: 0 | 1, capacities: Capacities) => this.#overPort(id, port, side, capacities)
    if (native === undefined) return { isNative: false, create: noNative, open: noNative, overPort }
    return {
      isNative: true,
      create: (capacities) => {
        const { link, handle, pages } = createOver(native, capacities)
        return {
          made: this.#bridged(id, link, pages),
          handle,
          close: () => void link.close().then(() => pages.forget()),
        }
      },
      open: (handle) => {
        const pages = native.pages()
        try {
          const link = native.host.openChannelOver(pages.allocate, handle, { trusted: native.trusted })
          return this.#bridged(id, link, pages)
        } catch (error) {
          pages.forget()
          throw error
        }
      },
      overPort,
    }
  }

  // ---- Both ----

  #bridged(id: string, link: Link, pages: Allocation): Granted {
    const bridged = bridgeLink(link, pages.handOver(), () => {
      forget()
      this.#main.say({ type: 'closed', id })
    })
    const forget = this.#main.onEnd(id, bridged.end)
    return { link: bridged.link }
  }

  #overPort(id: string, port: MessagePort, side: 0 | 1, { sendCapacity, receiveCapacity }: Capacities): Granted {
    return {
      port: {
        side,
        token: handOverPort(port),
        sendCapacity,
        receiveCapacity,
        closed: () => this.#main.say({ type: 'closed', id }),
        whenLost: (lost) => void this.#main.onEnd(id, (reason) => lost(reason && packError(reason))),
      },
    }
  }
}

/**
 * The memory of a page that was left a moment ago may not be collected yet: the engine does that when there is no room, and
 * then in its own time.
 */
async function whenThereIsRoom<Made>(make: () => Promise<Made>): Promise<Made> {
  for (const wait of WAITS) {
    try {
      return await make()
    } catch (error) {
      if (!(error instanceof SharedChannelError) || error.code !== 'OUT_OF_MEMORY') throw error
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
  return make()
}

/** In milliseconds. */
const WAITS = [50, 200, 500]

/** A channel over memory of the page. */
function createOver(native: Native, { sendCapacity, receiveCapacity }: Capacities) {
  const pages = native.pages()
  try {
    const created = native.host.createChannelOver(pages.allocate, { capacity: sendCapacity, receiveCapacity })
    return { ...created, pages }
  } catch (error) {
    pages.forget()
    throw error
  }
}

function noNative(): never {
  throw new SharedChannelError('NOT_SUPPORTED', 'There is no native code in this page.')
}

/** In older Chromium a port does not tell that it was closed: the main process does. */
function endingPipe(port: MessagePort, onEnd: (ended: () => void) => void): Pipe<Said> {
  const pipe = pipeOf<Said>(port)
  return {
    ...pipe,
    listen: (received, closed) => {
      pipe.listen(received, closed)
      onEnd(closed)
    },
  }
}
