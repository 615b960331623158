// The buffers of a page: posted to it, opened by it, made by it.
import type { BufferAccess } from '@shared-channel/core'
import { SharedChannelError } from '@shared-channel/core'
import type { Segment } from '@shared-channel/native/host'
import type { BridgedSegment, BufferMessage } from '../shared/bridge.ts'
import { outcomeOf } from '../shared/plain-error.ts'
import type { MainProcess } from './main-process.ts'
import type { Native } from './native.ts'

/** docs/wire-format.md, "Posting buffers". What is read here was written by the main process. */
const POST = /^post\n(\d+)\n([a-z-]+)\n(\d+)\n([^\n]+)\n/
const LET_GO = /^(?:released|declined)\n(\d+)(?:\n|$)/

export class PageBuffers {
  readonly #main: MainProcess
  readonly #native: () => Promise<Native | undefined>
  #received: ((message: BufferMessage) => void) | undefined
  /** What came before the page listened. */
  #early: BufferMessage[] = []
  #webMessage: ((data: unknown) => void) | undefined
  #earlyWebMessages: unknown[] = []
  /** In order, also those that wait for native code to be loaded. */
  #last: Promise<void> = Promise.resolve()
  /** What the main process has allowed for each handle that it posted, perhaps several times. */
  readonly #allowed = new Map<string, Set<BufferAccess>>()
  /** Segments whose memory was handed over to the page with the post, by its id. */
  readonly #handedOver = new Map<string, () => void>()

  constructor(main: MainProcess, native: () => Promise<Native | undefined>) {
    this.#main = main
    this.#native = native
  }

  // ---- Messages ----

  fromMain(message: BufferMessage): void {
    this.#last = this.#last.then(async () => {
      const native = await this.#native()
      const delivered = native === undefined ? message : this.#withMemory(message, native)
      if (delivered === undefined) return
      if (this.#received === undefined) this.#early.push(delivered)
      else this.#received(delivered)
    })
  }

  onMessage(received: (message: BufferMessage) => void): void {
    this.#received = received
    for (const message of this.#early.splice(0)) received(message)
  }

  webMessageFromMain(data: unknown): void {
    this.#last = this.#last.then(() => {
      if (this.#webMessage === undefined) this.#earlyWebMessages.push(data)
      else this.#webMessage(data)
    })
  }

  onWebMessage(received: (data: unknown) => void): void {
    this.#webMessage = received
    for (const data of this.#earlyWebMessages.splice(0)) received(data)
  }

  fromPage({ sharedChannel, buffer }: BufferMessage): void {
    const [, id] = LET_GO.exec(sharedChannel) ?? []
    if (id !== undefined) {
      this.#handedOver.get(id)?.()
      this.#handedOver.delete(id)
    }
    this.#main.postBuffers(buffer === undefined ? { sharedChannel } : { sharedChannel, buffer })
  }

  /**
   * Where the page shows memory of its own, it opens what was posted when it wants to look. Else the memory has to be made here
   * and goes along with the message, since a page cannot wait for it inside of `getBuffer`.
   */
  #withMemory(message: BufferMessage, native: Native): BufferMessage | undefined {
    const [, id, access, size, handle] = POST.exec(message.sharedChannel) ?? []
    if (id === undefined || handle === undefined) return message
    this.#allowed.set(handle, (this.#allowed.get(handle) ?? new Set()).add(access as BufferAccess))
    if (native.way === 'aliased') return message
    try {
      const segment = openExactly(native, handle, access as BufferAccess, Number(size))
      const token = mapOverPage(native, segment, access as BufferAccess)
      this.#handedOver.set(id, () => segment.close())
      return { ...message, token }
    } catch (error) {
      const { code, message: text } = error as SharedChannelError
      this.#main.postBuffers({ sharedChannel: `declined\n${id}\n${code}\n${text}` })
      return undefined
    }
  }

  // ---- Segments ----

  /** @throws SharedChannelError as `openSharedBuffer`; `INVALID_ARGUMENT` for more than the poster allowed. */
  open(native: Native, handle: string, access: BufferAccess, size: number): BridgedSegment {
    const allowed = this.#allowed.get(handle)
    if (allowed !== undefined && !allowed.has(access)) {
      const accesses = [...allowed].map((each) => `'${each}'`).join(' and ')
      throw new SharedChannelError('INVALID_ARGUMENT', `This buffer was posted with access: ${accesses}.`)
    }
    return bridgeSegment(native, openExactly(native, handle, access, size), access)
  }

  create(native: Native, size: number): BridgedSegment {
    return bridgeSegment(native, native.host.createSegment(size), 'read-write')
  }
}

function openExactly(native: Native, handle: string, access: BufferAccess, size: number): Segment {
  const segment = native.host.openSegment(handle, access, native.trusted)
  if (segment.size === size) return segment
  segment.close()
  throw new SharedChannelError('INVALID_ARGUMENT', `The handle is of a buffer of another size than ${size}.`)
}

function bridgeSegment(native: Native, segment: Segment, access: BufferAccess): BridgedSegment {
  return {
    handle: segment.handle,
    map: () => outcomeOf(() => mapOverPage(native, segment, access)),
    unmap: () => void segment.unmap(),
    close: () => segment.close(),
  }
}

/** Returns the token by which the page knows the memory. */
function mapOverPage(native: Native, segment: Segment, access: BufferAccess): string {
  const pages = native.pages()
  try {
    segment.map(pages.allocate(Math.ceil(segment.size / WASM_PAGE) * WASM_PAGE), access)
    return pages.handOver()
  } catch (error) {
    pages.forget()
    throw error
  }
}

const WASM_PAGE = 65536
