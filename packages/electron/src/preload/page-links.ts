// The links of a page: those it asks for, and those that come from outside.
import { type Link, SharedChannelError } from '@shared-channel/core'
import type { Granted, LinkOrigin } from '../shared/bridge.ts'
import type { Capacities, Grant } from '../shared/frame-messages.ts'
import { introduce, type LinkMaker, type Said } from '../shared/introduction.ts'
import { packError } from '../shared/plain-error.ts'
import { type Pipe, pipeOf } from '../shared/port.ts'
import { bridgeLink } from './bridged-link.ts'
import type { MainProcess, Offer } from './main-process.ts'
import type { Native } from './native.ts'
import { handOverPort, type SharedPages } from './page-memory.ts'

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
    const native = await this.#native()
    const { signal, cancelled } = this.#cancellable(id)
    try {
      const { grant, port } = await this.#ask(id, name, native !== undefined, signal)
      if (grant.kind === 'port') return this.#overPort(id, port as MessagePort, 0, grant)
      if (native === undefined) throw new SharedChannelError('NOT_SUPPORTED', 'There is no native code in this page.')
      return grant.kind === 'plugin'
        ? await this.#openPlugin(id, native, grant, signal)
        : await this.#createChannel(id, native, grant, signal)
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
    let pages: SharedPages | undefined
    const allocate = (size: number) => {
      pages = native.allocate(size)
      return pages.view
    }
    const plugin = await native.host.openPluginOver(allocate, grant.path, { ...grant.options, signal })
    return this.#bridged(id, plugin, pages as SharedPages)
  }

  async #createChannel(id: string, native: Native, grant: Capacities, signal: AbortSignal): Promise<Granted> {
    let pages: SharedPages | undefined
    const allocate = (size: number) => {
      pages = native.allocate(size)
      return pages.view
    }
    const { link, handle } = native.host.createChannelOver(allocate, {
      capacity: grant.sendCapacity,
      receiveCapacity: grant.receiveCapacity,
    })
    try {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        this.#main.ask(id, { granted: () => {}, opened: resolve, failed: reject })
        this.#main.say({ type: 'handle', id, handle })
      })
    } catch (error) {
      await link.close()
      throw error
    }
    return this.#bridged(id, link, pages as SharedPages)
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
    let pages: SharedPages
    const allocate = (size: number) => {
      pages = (native as Native).allocate(size)
      return pages.view
    }
    return {
      isNative: native !== undefined,
      create: ({ sendCapacity, receiveCapacity }) => {
        const { link, handle } = (native as Native).host.createChannelOver(allocate, {
          capacity: sendCapacity,
          receiveCapacity,
        })
        return { made: this.#bridged(id, link, pages), handle, close: () => void link.close() }
      },
      open: (handle) => {
        const { host, trusted } = native as Native
        return this.#bridged(id, host.openChannelOver(allocate, handle, { trusted }), pages)
      },
      overPort: (side, capacities) => this.#overPort(id, port, side, capacities),
    }
  }

  // ---- Both ----

  #bridged(id: string, link: Link, pages: SharedPages): Granted {
    pages.handOver()
    const bridged = bridgeLink(link, pages.token, () => {
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
