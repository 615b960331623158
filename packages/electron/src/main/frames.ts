// The pages that have said hello: one port for each document, which ends with it.
import {
  type Carrier,
  type CarrierListener,
  type CarrierMessage,
  type PostableBuffer,
  type PostedBuffer,
  type PostOptions,
  postSharedBuffer,
  SharedChannelError,
} from '@shared-channel/core'
import { BrowserWindow, type IpcMainEvent, type MessagePortMain, type WebContents, type WebFrameMain } from 'electron'
import { readPost, readRefresh, refreshText } from '../shared/copies.ts'
import { type FromMain, type FromPreload, readFromPreload } from '../shared/frame-messages.ts'
import { type Pipe, pipeOf } from '../shared/port.ts'

/** A window, what it shows, or one frame of that. */
export type FrameTarget = BrowserWindow | WebContents | WebFrameMain

type Port = MessagePortMain
/** Of what is open at a page; called once, when the page is gone or has closed it. */
type Release = (isPageGone: boolean) => unknown

/** One document in a frame, until it is left. */
export class Page implements Carrier {
  readonly frame: WebFrameMain
  readonly origin: string
  /** Whether native code may run in it; else memory is copied. */
  isNative = false
  /** When what was open at the frame's last page is released. */
  readonly previous: Promise<void>
  /** Resolves when the page is gone and what was open at it is released. */
  readonly gone: Promise<void>
  readonly #pipe: Pipe<unknown>
  readonly #open = new Map<string, Release>()
  readonly #carried = new Set<CarrierListener>()
  readonly #leaving: (() => void)[] = []
  /** Of what was posted last. */
  #lastPost: string | undefined
  /** What the page has copies of, by the id of their posts. */
  readonly #copies = new Map<string, Copied>()
  #isGone = false
  #settleGone!: () => void

  constructor(frame: WebFrameMain, origin: string, port: Port, previous: Promise<void>) {
    this.frame = frame
    this.origin = origin
    this.previous = previous
    this.gone = new Promise((resolve) => {
      this.#settleGone = resolve
    })
    this.#pipe = pipeOf(port)
  }

  /** Starts to hear the page. What is about buffers goes to those who listen to it as a carrier. */
  start(received: (message: FromPreload) => void): void {
    const heard = (value: unknown) => {
      const message = readFromPreload(value)
      if (message === undefined) return
      if ('sharedChannel' in message) this.#heard(message)
      else received(message)
    }
    this.#pipe.listen(heard, () => this.leave())
  }

  #heard(message: CarrierMessage): void {
    const id = readRefresh(message.sharedChannel)
    if (id === undefined) for (const listener of [...this.#carried]) listener.message(message)
    else if (message.buffer !== undefined) this.#takeOver(id, new Uint8Array(message.buffer))
  }

  // ---- Copies, for a page that cannot map memory ----

  /** Posts a copy of the buffer. What either side writes reaches the other with the next web message. */
  postCopy(buffer: CopyableBuffer, options: PostOptions): PostedBuffer {
    const posted = postSharedBuffer(this, copyOf(buffer), options)
    const id = this.#lastPost as string
    this.#copies.set(id, { buffer, isWritable: options.access === 'read-write' })
    void posted.released.then(() => this.#copies.delete(id))
    return posted
  }

  postWebMessage(data: unknown): void {
    for (const [id, { buffer }] of this.#copies) {
      const bytes = bytesOf(buffer)
      if (bytes !== undefined)
        this.post({ sharedChannel: refreshText(id), buffer: bytes.slice().buffer as ArrayBuffer })
    }
    this.say({ type: 'web-message', data })
  }

  #takeOver(id: string, bytes: Uint8Array): void {
    const { buffer, isWritable } = this.#copies.get(id) ?? {}
    const target = buffer && bytesOf(buffer)
    if (isWritable && target !== undefined && bytes.length <= target.length) target.set(bytes)
  }

  get isGone(): boolean {
    return this.#isGone
  }

  say(message: FromMain, ports: readonly Port[] = []): void {
    if (!this.#isGone) this.#pipe.post(message, ports)
  }

  /** Calls `left` as soon as the document is known to be gone. */
  onLeave(left: () => void): void {
    this.#leaving.push(left)
  }

  /** Something is open at this page, until `release` or its end. */
  opened(id: string, release: Release): void {
    if (this.#isGone) release(true)
    else this.#open.set(id, release)
  }

  /** The page has closed it. */
  release(id: string): void {
    const release = this.#open.get(id)
    this.#open.delete(id)
    release?.(false)
  }

  /** The document is gone. */
  leave(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#pipe.close()
    for (const left of this.#leaving) left()
    const released = [...this.#open.values()].map((release) => release(true))
    this.#open.clear()
    for (const listener of [...this.#carried]) listener.ended(pageGone())
    void Promise.allSettled(released).then(this.#settleGone)
  }

  // ---- As a carrier of buffers ----

  post(message: CarrierMessage): void {
    if (this.#isGone) throw new SharedChannelError('CLOSED', 'The page is gone; nothing can be posted to it.')
    this.#lastPost = readPost(message.sharedChannel)?.id
    this.#pipe.post(message)
  }

  listen(listener: CarrierListener): () => void {
    this.#carried.add(listener)
    if (this.#isGone) queueMicrotask(() => this.#carried.has(listener) && listener.ended(pageGone()))
    return () => {
      this.#carried.delete(listener)
    }
  }
}

/** A buffer that can be posted as a copy: one of `createSharedBuffer`. */
export type CopyableBuffer = PostableBuffer & { readonly bytes: Uint8Array }

interface Copied {
  readonly buffer: CopyableBuffer
  readonly isWritable: boolean
}

function copyOf(buffer: CopyableBuffer): PostableBuffer {
  return { size: buffer.size, reference: () => ({ copy: buffer.bytes.slice().buffer as ArrayBuffer }) }
}

/** Undefined when it was closed. */
function bytesOf(buffer: CopyableBuffer): Uint8Array | undefined {
  try {
    return buffer.bytes
  } catch {
    return undefined
  }
}

/** The page of each frame, and who waits for one. */
export class Pages {
  /** By the frame's number, which it keeps when a navigation gives it another process. */
  readonly #pages = new Map<number, Page>()
  readonly #waiting = new Map<number, ((page: Page) => void)[]>()

  /** Another document is in the frame. Resolves when what was open at the last one is released. */
  async leave({ frameTreeNodeId }: WebFrameMain): Promise<void> {
    const last = this.#pages.get(frameTreeNodeId)
    last?.leave()
    await last?.gone
  }

  add(page: Page): void {
    const { frameTreeNodeId: id } = page.frame
    this.#pages.set(id, page)
    void page.gone.then(() => {
      if (this.#pages.get(id) === page) this.#pages.delete(id)
    })
    for (const resolve of this.#waiting.get(id) ?? []) resolve(page)
    this.#waiting.delete(id)
  }

  /** @throws SharedChannelError `CLOSED` when there is none. */
  of(target: FrameTarget): Page {
    const page = this.#pages.get(frameOf(target).frameTreeNodeId)
    if (page !== undefined) return page
    throw new SharedChannelError(
      'CLOSED',
      'There is no page yet that has the preload of Shared Channel: load one first (await window.loadURL), from an origin that createBroker allows.',
    )
  }

  /** The frame's page, or the next one that it has. */
  next(target: FrameTarget): Promise<Page> {
    const id = frameOf(target).frameTreeNodeId
    const page = this.#pages.get(id)
    if (page !== undefined) return Promise.resolve(page)
    return new Promise((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve])
    })
  }

  all(): Page[] {
    return [...this.#pages.values()]
  }
}

/** @throws SharedChannelError `INVALID_ARGUMENT` for what has no frame, `CLOSED` for a window that was destroyed. */
export function frameOf(target: FrameTarget): WebFrameMain {
  if (target instanceof BrowserWindow) {
    if (target.isDestroyed()) throw destroyed()
    return target.webContents.mainFrame
  }
  if (typeof target === 'object' && target !== null) {
    if ('mainFrame' in target) {
      if (target.isDestroyed()) throw destroyed()
      return target.mainFrame
    }
    if ('frameTreeNodeId' in target) return target
  }
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    'A page is named by its BrowserWindow, its WebContents or its WebFrameMain.',
  )
}

/** Who has sent a message; undefined when the frame is gone already. */
export function senderOf({ senderFrame }: IpcMainEvent): WebFrameMain | undefined {
  return senderFrame ?? undefined
}

const destroyed = () => new SharedChannelError('CLOSED', 'The window was destroyed.')
const pageGone = () =>
  new SharedChannelError('PEER_LOST', 'The page is gone: it was reloaded, navigated or closed, or its process ended.')
