// Buffers and messages between the page's script and the main process, as WebView2 has them in `chrome.webview`.
import {
  type BufferPayload,
  type Carrier,
  type CarrierListener,
  type CarrierMessage,
  type Codec,
  sharedBuffer as coreSharedBuffer,
  type PostableBuffer,
  type ReceivedBuffer,
  type SharedBufferReceivedEvent,
  SharedBufferReceiver,
} from '@shared-channel/core'
import type { BufferMessage } from '../shared/bridge.ts'
import { readPost, readRefresh, refreshText } from '../shared/copies.ts'
import { unwrap } from '../shared/plain-error.ts'
import { pageHost } from './page-host.ts'
import { memoryOf } from './page-memory.ts'
import { findPreload, requirePreload } from './preload.ts'

type BufferListener =
  | ((event: SharedBufferReceivedEvent) => unknown)
  | { handleEvent(event: SharedBufferReceivedEvent): unknown }
type MessageListener = ((event: MessageEvent) => unknown) | { handleEvent(event: MessageEvent): unknown }
type Options = Parameters<EventTarget['addEventListener']>[2]

const listeners = new Set<CarrierListener>()
let isListening = false

/** The main process, to post buffers to: `postSharedBuffer(broker, buffer)`. There `broker.sharedBuffers(frame)` receives them. */
export const broker: Carrier = {
  post: ({ sharedChannel, buffer }: CarrierMessage) =>
    unwrap(requirePreload().postBufferMessage(buffer === undefined ? { sharedChannel } : { sharedChannel, buffer })),
  listen: (listener) => {
    listeners.add(listener)
    listen()
    return () => {
      listeners.delete(listener)
    }
  },
}

/** Nothing where there is no preload: whoever imports this may be rendering for a server. */
function listen(): void {
  if (isListening) return
  const preload = findPreload()
  if (preload === undefined) return
  isListening = true
  preload.onBufferMessage((message) => inOrder(() => deliver(message)))
}

/** One after the other, also when the memory of one comes later than its message. */
let last = Promise.resolve()
const inOrder = (next: () => void | Promise<void>) => {
  last = last.then(next)
}

/** In a page that cannot map memory: what came along with posts, by their ids. */
const copies = new Map<string, { readonly copy: WeakRef<ArrayBuffer>; readonly isWritable: boolean }>()

async function deliver({ sharedChannel, buffer, token }: BufferMessage): Promise<void> {
  const refreshed = readRefresh(sharedChannel)
  if (refreshed !== undefined) {
    refresh(refreshed, buffer as ArrayBuffer)
    return
  }
  const memory = token === undefined ? buffer : ((await memoryOf(token)) as ArrayBuffer)
  const post = readPost(sharedChannel)
  if (buffer !== undefined && post !== undefined) {
    copies.set(post.id, { copy: new WeakRef(buffer), isWritable: post.isWritable })
  }
  const message = memory === undefined ? { sharedChannel } : { sharedChannel, buffer: memory }
  for (const listener of [...listeners]) listener.message(message)
}

function refresh(id: string, contents: ArrayBuffer): void {
  const copy = copyOf(id)
  if (copy !== undefined) new Uint8Array(copy).set(new Uint8Array(contents).subarray(0, copy.byteLength))
}

/** Undefined when it was released. */
function copyOf(id: string): ArrayBuffer | undefined {
  const copy = copies.get(id)?.copy.deref()
  if (copy !== undefined && copy.byteLength > 0) return copy
  copies.delete(id)
  return undefined
}

/** What this page has written into copies that it may write. */
function postCopies(): void {
  for (const [id, { isWritable }] of copies) {
    const copy = copyOf(id)
    if (copy !== undefined && isWritable) broker.post({ sharedChannel: refreshText(id), buffer: copy.slice(0) })
  }
}

/**
 * The buffers that the main process posts to this page (`broker.postSharedBuffer`), and its messages (`broker.postWebMessage`). Fires
 * `sharedbufferreceived` and `message`. What came before the first listener waits for it.
 *
 * @example
 * sharedBuffers.addEventListener('sharedbufferreceived', (event) => {
 *   draw(event.bytes, event.additionalData)
 *   sharedBuffers.releaseBuffer(event)
 * })
 */
export class PageSharedBuffers extends SharedBufferReceiver {
  #hearsMessages = false

  /** @internal */
  constructor() {
    super(broker, pageHost)
  }

  /** The events' `source`. */
  protected override get source(): object {
    return this
  }

  /** As every EventTarget's; what came before the first listener waits for it. */
  override addEventListener(type: 'sharedbufferreceived', listener: BufferListener | null, options?: Options): void
  override addEventListener(type: 'message', listener: MessageListener | null, options?: Options): void
  override addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: Options): void
  override addEventListener(type: string, listener: unknown, options?: Options): void {
    super.addEventListener(type, listener as EventListener, options)
    if (type !== 'message' || this.#hearsMessages) return
    this.#hearsMessages = true
    findPreload()?.onWebMessage((data) => inOrder(() => void this.dispatchEvent(new MessageEvent('message', { data }))))
  }

  /**
   * Sends a message to the main process; see `broker.onWebMessage`.
   *
   * @param message What the structured clone algorithm can copy.
   * @throws SharedChannelError `NOT_SUPPORTED` where there is no preload of ours.
   */
  postMessage(message: unknown): void {
    postCopies()
    unwrap(requirePreload().postWebMessage(message))
  }
}

export const sharedBuffers = new PageSharedBuffers()

/** A codec for messages that are SharedBuffers; see core's function of this name. */
export function sharedBuffer(): Codec<PostableBuffer | BufferPayload, ReceivedBuffer> {
  return coreSharedBuffer({ host: pageHost })
}
