// The script of every page: what the tests, which run their own code in it, find as the global `page`.
import { type SharedBufferReceivedEvent, SharedChannel, SharedChannelError } from '@shared-channel/core'
import {
  broker,
  capabilities,
  connect,
  createSharedBuffer,
  onLink,
  postSharedBuffer,
  sharedBuffers,
  useMemory,
} from '@shared-channel/electron/renderer'
import { receiveChecked, sendChecked } from '../../app/checked-data.ts'
import { flood } from '../../app/flood.ts'
import { protocol, type TestChannel } from '../../app/protocol.ts'
import { checksum, fill } from '../../app/sharing/pattern.ts'
import type { Checked } from '../../app/task.ts'
import { Talks } from './talks.ts'

/** An error as it is told to the tests. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly cause?: Failure
}

export interface Streamed {
  readonly sent: Checked
  readonly received: Checked
  readonly errors: readonly string[]
}

/** A buffer that was posted to the page. */
export interface TakenBuffer {
  readonly access: string
  readonly additionalData: unknown
  readonly size: number
  /** Checksums of what it held, and of what the page has written then. */
  readonly seen: number
  readonly written: number
  /** After its release: how long it is, and where, counted from 1, something stands that is not 0. */
  readonly left: readonly [number, number]
  /** The name of its class. */
  readonly kind: string
}

async function open(name: string): Promise<TestChannel> {
  return new SharedChannel(await connect(name), protocol)
}

const tools = {
  capabilities,
  connect,
  createSharedBuffer,
  onLink,
  sharedBuffers,
  useMemory,
  open,

  /** The conversations over links that come to this page. */
  talks: new Talks(onLink),

  /** Checked data to a plugin and back, so many MiB each way. */
  async stream(name: string, mebibytes: number): Promise<Streamed> {
    const channel = await open(name)
    const errors: string[] = []
    channel.onError((error) => errors.push(String(error)))
    const { sent } = await sendChecked(channel, mebibytes)
    const received = await receiveChecked(channel, mebibytes)
    const { reason } = await channel.close()
    if (reason !== undefined) errors.push(String(reason))
    return { sent, received, errors }
  },

  /** Channels to a plugin that are busy for ever. */
  flood: (name: string) => flood(() => open(name)),

  /** Checksums of what the pages for WebView2 have displayed. */
  displayed: [] as number[],

  /** Gives a page for WebView2 what it expects. */
  asWebView(): void {
    const display = (data: Uint8Array) => tools.displayed.push(checksum(data))
    Object.assign(globalThis, { chrome: { webview: sharedBuffers }, DisplaySharedBufferData: display })
  },

  /** Writes all over the segment of a plugin. @returns Why the channel has ended. */
  async scribble(name: string): Promise<string | undefined> {
    const link = await connect(name)
    const channel = new SharedChannel(link, protocol)
    channel.on('data', () => {})
    channel.send('produce', Uint32Array.of(1, 1000))
    new Uint8Array(link.memory).fill(0xa5)
    channel.send('askReport', new Uint8Array())
    link.wakePeer()
    return (await channel.closed).reason?.code
  },

  /** Looks at the next buffer that comes, writes into it what follows from the seed, and lets go of it. */
  expectBuffer(seed: number): void {
    tools.taken = new Promise((resolve) =>
      sharedBuffers.addEventListener('sharedbufferreceived', (event) => resolve(take(event, seed)), { once: true }),
    )
  },

  /** Of the last `expectBuffer`. */
  taken: undefined as Promise<TakenBuffer> | undefined,

  /** Makes a buffer with contents from this seed and posts it to the main process. */
  async postBuffer(size: number, seed: number, additionalData: unknown): Promise<string> {
    const buffer = await createSharedBuffer(size)
    fill(buffer.bytes, seed)
    const posted = postSharedBuffer(broker, buffer, { additionalData })
    buffer.close()
    await posted.received
    return (await posted.released) ?? ''
  },

  /** Why it was refused; undefined when it was not. */
  failureOf: (done: Promise<unknown>): Promise<Failure | undefined> =>
    done.then(
      () => undefined,
      (error) => describe(error),
    ),
}

function take(event: SharedBufferReceivedEvent, seed: number): TakenBuffer {
  const { access, additionalData, bytes, size } = event
  const seen = checksum(bytes)
  fill(bytes, seed)
  const written = checksum(bytes)
  const buffer = event.getBuffer()
  const [, kind = ''] = /\[object (\w+)\]/.exec(Object.prototype.toString.call(buffer)) ?? []
  sharedBuffers.releaseBuffer(buffer)
  const rest = buffer.byteLength // a view of what is detached cannot be made
  const left = [rest, rest && new Uint8Array(buffer).findIndex((byte) => byte !== 0) + 1] as const
  return { access, additionalData, size, seen, written, kind, left }
}

function describe(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const { cause, message } = error
  const code = error instanceof SharedChannelError ? error.code : error.name
  return { code, message, ...(cause !== undefined && { cause: describe(cause) }) }
}

declare global {
  /** In a page. */
  var page: typeof tools
}
globalThis.page = tools
