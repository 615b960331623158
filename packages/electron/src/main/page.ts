// One document of a frame that has said hello, until it is left. Its port ends with it, which tells of every kind of end.
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
import type { MessagePortMain, WebFrameMain } from 'electron'
import { readPost, readRefresh, refreshText } from '../shared/copies.ts'
import { type FromMain, type FromPreload, readFromPreload } from '../shared/frame-messages.ts'
import { type Pipe, pipeOf } from '../shared/port.ts'

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

const pageGone = () =>
  new SharedChannelError('PEER_LOST', 'The page is gone: it was reloaded, navigated or closed, or its process ended.')
