// The broker: introduces pages, plugins and processes to each other.
import { createRequire } from 'node:module'
import {
  type BufferAccess,
  type Link,
  type PostableBuffer,
  type PostedBuffer,
  type PostOptions,
  postSharedBuffer,
  type SharedBufferReceivedEvent,
  SharedChannelError,
} from '@shared-channel/core'
import { SharedBufferReceiver } from '@shared-channel/native'
import { checkCapacity } from '@shared-channel/native/host'
import { app, type IpcMainEvent, ipcMain, type Session, session } from 'electron'
import { MEMORY_WAYS, type MemoryWay } from '../shared/bridge.ts'
import { type FromPreload, HELLO, readHello } from '../shared/frame-messages.ts'
import { packError } from '../shared/plain-error.ts'
import { type Connection, connectEnds } from './connections.ts'
import { type End, endOf, type LinkTarget, ownEnd } from './ends.ts'
import { checkOrigin, checkOriginList } from './origins.ts'
import { type CopyableBuffer, Page } from './page.ts'
import { type FrameTarget, Pages } from './pages.ts'
import { PluginLinks } from './plugin-links.ts'
import { type PluginEntry, Plugins } from './plugins.ts'
import { registerPreload } from './preload-script.ts'
import { Renderers } from './renderers.ts'

const HOST = createRequire(import.meta.url).resolve('@shared-channel/native/host')

export interface BrokerOptions {
  /** The plugins that pages may open, by the name that pages know them by. */
  plugins?: Readonly<Record<string, PluginEntry>>
  /**
   * The pages that may use the broker, each as a scheme and a host. Default: those of `registerAppScheme`, and, as long as the
   * app is not packaged, those of a server on this machine (`http://localhost:5173`).
   */
  origins?: readonly string[]
  /** Where plugins may lie, absolute paths. Default: the application's own folder and its resources. */
  folders?: readonly string[]
  /** The session of the windows. Default: the default session. */
  session?: Session
  /** Whether our preload is registered with the session. Default true; false for who imports it into one of their own. */
  preload?: boolean
  /**
   * The application's renderers may hand each other memory that is not sealed. Needed where the system lets no process look at
   * another, as when the executable cannot be read; see `openSharedBuffer`. Default false.
   */
  trusted?: boolean
}

/** How large the link is. */
export interface ConnectOptions {
  /** By what name the ends know it: `onLink(name, …)`. */
  name: string
  /** Bytes of the ring from the first to the second, 4 KiB to 1 GiB. Default 512 KiB. */
  capacity?: number
  /** Bytes of the ring back. Default: `capacity`. */
  receiveCapacity?: number
}

/** From whom something comes. */
export interface PageOrigin {
  readonly frame: Electron.WebFrameMain
  readonly origin: string
}

type WebMessageHandler = (data: unknown, from: PageOrigin) => void
type SharedBufferHandler = (event: SharedBufferReceivedEvent, from: PageOrigin) => void

/** Introduces pages, plugins and processes of this application to each other. Made by {@link createBroker}. */
export class Broker {
  readonly #options: BrokerOptions
  readonly #pages = new Pages()
  readonly #renderers = new Renderers()
  readonly #links: PluginLinks
  readonly #webMessageHandlers = new Set<WebMessageHandler>()
  readonly #bufferHandlers = new Set<SharedBufferHandler>()
  /** What came while there was no handler: waits for the next. */
  #unheard: { readonly event: SharedBufferReceivedEvent; readonly page: Page }[] = []

  /** @internal */
  constructor(options: BrokerOptions) {
    checkOriginList(options.origins)
    forcedMemory()
    this.#options = options
    if (sessions.has(this.#key)) {
      throw new SharedChannelError('INVALID_ARGUMENT', 'This session has a broker already; close that first.')
    }
    this.#links = new PluginLinks(new Plugins(options.plugins ?? {}, options.folders), this.#isTrusted)
    sessions.add(this.#key)
    ipcMain.on(HELLO, this.#hello)
    void app.whenReady().then(() => {
      if (options.preload !== false) registerPreload(this.#session)
    })
  }

  /**
   * Makes a link between two ends, each a page, a utility process or a worker of this process. Each end gets it by
   * `onLink(name, …)`; afterwards this process has nothing to do with it. An end that has no page yet gets it with its next.
   *
   * @throws SharedChannelError `INVALID_ARGUMENT` for what is no end, or for a bad option.
   * @example
   * const { closed } = broker.connect(editorWindow, previewWindow, { name: 'preview', capacity: 8 << 20 })
   */
  connect(a: LinkTarget, b: LinkTarget, options: ConnectOptions): Connection {
    const { name } = options
    return connectEnds(this.#endOf(a), this.#endOf(b), checkName(name), capacitiesOf(options))
  }

  /**
   * Makes a link between this process and a page, utility process or worker, which gets it by `onLink(name, …)`.
   *
   * @returns This process's end.
   * @throws SharedChannelError (as a rejection) `INVALID_ARGUMENT`, `CLOSED`, `PEER_LOST`, `OUT_OF_MEMORY`.
   * @example
   * const channel = new SharedChannel(await broker.link(window, { name: 'control' }), Control)
   */
  async link(target: LinkTarget, options: ConnectOptions): Promise<Link> {
    const own = ownEnd(this.#isTrusted)
    const { closed } = connectEnds(
      Promise.resolve(own.end),
      this.#endOf(target),
      checkName(options.name),
      capacitiesOf(options),
    )
    return Promise.race([
      own.link,
      closed.then((reason) => {
        throw reason ?? new SharedChannelError('CLOSED', 'The other end has closed the link.')
      }),
    ])
  }

  /**
   * Posts a buffer to the script of a page, which gets it by `sharedBuffers`. A sandboxed window gets a copy: what either side
   * writes into it reaches the other with the next `postWebMessage`, or `postMessage` there.
   *
   * @param target A window, or a frame of it.
   * @param buffer Of `createSharedBuffer`, or any other that can be posted.
   * @param options `access`, default `'read-only'`; `additionalData`, what JSON can hold.
   * @returns Promises of what becomes of it.
   * @throws SharedChannelError `CLOSED` when the target has no page, or the buffer is closed; `INVALID_ARGUMENT`.
   * @example
   * broker.postSharedBuffer(window, buffer, { additionalData: { kind: 'frame' } })
   */
  postSharedBuffer(target: FrameTarget, buffer: PostableBuffer, options: PostOptions = {}): PostedBuffer {
    const page = this.#pages.of(target)
    return !page.isNative ? page.postCopy(buffer as CopyableBuffer, options) : postSharedBuffer(page, buffer, options)
  }

  /**
   * The same as WebView2 has it.
   *
   * @param access `0` or `'read-only'`: the script's writes stay its own. `1` or `'read-write'`.
   * @param additionalDataAsJson JSON text, or nothing.
   * @throws SharedChannelError `INVALID_ARGUMENT` for text that is not JSON; `CLOSED`.
   */
  postSharedBufferToScript(
    target: FrameTarget,
    buffer: PostableBuffer,
    access: 0 | 1 | BufferAccess,
    additionalDataAsJson?: string | null,
  ): PostedBuffer {
    const names = { 0: 'read-only', 1: 'read-write' } as const
    const additionalData = additionalDataAsJson ? parseJson(additionalDataAsJson) : undefined
    return this.postSharedBuffer(target, buffer, {
      access: typeof access === 'number' ? names[access] : access,
      ...(additionalData !== undefined && { additionalData }),
    })
  }

  /**
   * Hears of buffers that pages post (`postSharedBuffer(broker, buffer)` there). What comes while nobody hears it waits for the
   * next handler.
   *
   * @param handler Gets the event, as a `SharedBufferReceiver` fires it, and whose it is. Release it: `event.received.release()`.
   * @returns Takes the handler away again.
   */
  onSharedBuffer(handler: SharedBufferHandler): () => void {
    this.#bufferHandlers.add(handler)
    for (const { event, page } of this.#unheard.splice(0)) handler(event, page)
    return () => {
      this.#bufferHandlers.delete(handler)
    }
  }

  /**
   * Sends a message to the script of a page: `sharedBuffers.addEventListener('message', …)`.
   *
   * @throws SharedChannelError `CLOSED` when the target has no page.
   */
  postWebMessage(target: FrameTarget, data: unknown): void {
    this.#pages.of(target).postWebMessage(data)
  }

  /** Hears what pages send with `sharedBuffers.postMessage(…)`. Returns how to stop. */
  onWebMessage(handler: WebMessageHandler): () => void {
    this.#webMessageHandlers.add(handler)
    return () => {
      this.#webMessageHandlers.delete(handler)
    }
  }

  /** Ends everything that goes through this process, and answers no page any more. Links between pages stay. */
  close(): void {
    sessions.delete(this.#key)
    ipcMain.off(HELLO, this.#hello)
    for (const page of this.#pages.all()) page.leave()
    this.#links.close()
  }

  #endOf(target: LinkTarget): Promise<End> {
    return endOf(target, this.#pages, this.#isTrusted)
  }

  get #isTrusted(): boolean {
    return this.#options.trusted === true
  }

  /** The default session is not there before the app is ready. */
  get #key(): Session | 'default' {
    return this.#options.session ?? 'default'
  }

  get #session(): Session {
    return this.#options.session ?? session.defaultSession
  }

  readonly #hello = (event: IpcMainEvent, value: unknown): void => {
    const { ports, sender, senderFrame } = event
    const [port] = ports
    const hello = readHello(value)
    if (hello === undefined || port === undefined || senderFrame === null || sender.session !== this.#session) return
    const previous = this.#pages.leave(senderFrame)
    const page = new Page(senderFrame, senderFrame.origin, port, previous)
    page.isNative = !hello.isSandboxed && this.#renderers.mayBeNative(page)
    try {
      checkOrigin(page.origin, this.#options.origins)
    } catch (error) {
      page.start(() => {})
      page.say({ type: 'refused', error: packError(error) })
      return
    }
    this.#pages.add(page)
    this.#receiveBuffers(page)
    page.start((message) => this.#received(page, message))
    page.say({
      type: 'welcome',
      host: HOST,
      trusted: this.#isTrusted,
      memory: forcedMemory(),
      isNative: page.isNative,
    })
  }

  #received(page: Page, message: FromPreload): void {
    switch (message.type) {
      case 'connect':
        void this.#links.connect(page, message)
        break
      case 'handle':
        this.#links.handle(page, message.id, message.handle)
        break
      case 'cancel':
      case 'closed':
        page.release(message.id)
        break
      case 'web-message':
        for (const handler of this.#webMessageHandlers) handler(message.data, page)
    }
  }

  #receiveBuffers(page: Page): void {
    const receiver = new SharedBufferReceiver(page, { trusted: this.#isTrusted })
    page.onLeave(() => {
      receiver.close() // which releases what came from there
      this.#unheard = this.#unheard.filter((each) => each.page !== page)
    })
    receiver.addEventListener('sharedbufferreceived', (event) => {
      if (this.#bufferHandlers.size === 0) this.#unheard.push({ event, page })
      for (const handler of this.#bufferHandlers) handler(event, page)
    })
  }
}

/** That have a broker: two would answer every page twice. */
const sessions = new Set<Session | 'default'>()

/**
 * Lets pages open plugins, and introduces pages and processes to each other. Call it in the main process before the first
 * window is opened.
 *
 * @throws SharedChannelError `INVALID_ARGUMENT` for what is wrong with the options.
 * @example
 * const broker = createBroker({
 *   plugins: { camera: { path: join(__dirname, 'libcamera.so'), isolation: 'renderer' } },
 * })
 */
export function createBroker(options: BrokerOptions = {}): Broker {
  return new Broker(options)
}

/** How memory reaches pages, where a test forces it. */
function forcedMemory(): MemoryWay | undefined {
  const value = process.env.SHARED_CHANNEL_PAGE_MEMORY
  if (value === undefined) return undefined
  const way = MEMORY_WAYS.find((known) => known === value)
  if (way !== undefined) return way
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `SHARED_CHANNEL_PAGE_MEMORY must be one of ${MEMORY_WAYS.join(', ')}; it is "${value}".`,
  )
}

function checkName(name: string): string {
  if (typeof name === 'string' && name !== '') return name
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    'A link needs a name, by which its ends know it: { name: "preview" }.',
  )
}

function capacitiesOf({ capacity, receiveCapacity = capacity }: ConnectOptions) {
  return {
    sendCapacity: checkCapacity('capacity', capacity),
    receiveCapacity: checkCapacity('receiveCapacity', receiveCapacity),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SharedChannelError('INVALID_ARGUMENT', `additionalDataAsJson is not JSON: ${text.slice(0, 100)}`, {
      cause,
    })
  }
}
