// Channels between processes, or between the threads of one: two links over one segment, found by a handle.
import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import { type Link, type LinkListener, SharedChannelError, type Side } from '@shared-channel/core'
import { loadAddon, type NativeChannel, type NativePeer } from './addon.ts'
import { type Allocate, allocateForChannel, checkMemory } from './memory.ts'
import { checkCapacity } from './plugin-options.ts'

/** How large a channel is. */
export interface CreateChannelOptions {
  /** Bytes of the ring to the other side, 4 KiB to 1 GiB, rounded up to a power of two. Default 512 KiB. */
  capacity?: number
  /** Bytes of the ring from the other side. Default: `capacity`. */
  receiveCapacity?: number
}

/** A new channel: this end of it, and how the other end is opened. */
export interface CreatedChannel {
  readonly link: Link
  /**
   * A line of text for `openChannel` in another process, in a worker, or for `Channel::open` of channel.hpp in a native
   * program. Good for one channel, while this end is open.
   */
  readonly handle: string
}

/**
 * Makes a channel whose other end is opened by its handle, in another process or thread.
 *
 * @throws SharedChannelError `INVALID_ARGUMENT` for a bad capacity, `OUT_OF_MEMORY`, `NOT_SUPPORTED` where there is no addon.
 * @example
 * const { link, handle } = createChannel({ capacity: 1 << 20 })
 * const child = fork('worker.js', [handle])
 * const channel = new SharedChannel(link, Work)
 */
export function createChannel(options: CreateChannelOptions = {}): CreatedChannel {
  return createChannelOver(allocateForChannel, options)
}

/** As `createChannel`, with JavaScript's memory from elsewhere: a page's, in its preload. Throws what `allocate` throws, too. */
export function createChannelOver(allocate: Allocate, options: CreateChannelOptions = {}): CreatedChannel {
  const capacity = checkCapacity('capacity', options.capacity)
  const receiveCapacity = checkCapacity('receiveCapacity', options.receiveCapacity ?? capacity)
  const native = new (loadAddon().NativeChannel)(capacity, receiveCapacity)
  return { link: new ChannelLink(native, allocate), handle: native.peerHandle() }
}

/** How to open the other end. */
export interface OpenChannelOptions {
  /** The process that gave the handle belongs to this application; see `openSharedBuffer`. Default false. */
  trusted?: boolean
}

/**
 * Opens the other end of a channel, once.
 *
 * @param handle What `createChannel` gave, brought here in any way.
 * @throws SharedChannelError `INVALID_ARGUMENT` for what is no handle, and when the end is open already; `PEER_LOST`,
 *   `CLOSED`, `NOT_SUPPORTED`, `OUT_OF_MEMORY` as `openSharedBuffer`; `CORRUPT`, `VERSION_MISMATCH`.
 * @example
 * const channel = new SharedChannel(openChannel(process.argv[2]), flip(Work))
 */
export function openChannel(handle: string, options: OpenChannelOptions = {}): Link {
  return openChannelOver(allocateForChannel, handle, options)
}

/** As `openChannel`, with JavaScript's memory from elsewhere: a page's, in its preload. Throws what `allocate` throws, too. */
export function openChannelOver(allocate: Allocate, handle: string, options: OpenChannelOptions = {}): Link {
  if (typeof handle !== 'string') {
    throw new SharedChannelError('INVALID_ARGUMENT', `A handle is a text; this is a ${typeof handle}.`)
  }
  return new ChannelLink(new (loadAddon().NativeChannel)(handle, options.trusted === true), allocate)
}

/** Pages share an event loop with others, which Electron may run in the context of any of them. */
const mayRead = (process as { type?: string }).type !== 'renderer'

/** Calls back whenever there is something to read. It does not hold the event loop: the addon does, as the channel asks. */
function readBells(fd: number, rung: () => void): Socket {
  const callback = () => {
    rung()
    return true
  }
  const options = { fd, readable: true, writable: false, onread: { buffer: new Uint8Array(64), callback } }
  try {
    return new Socket(options).unref()
  } catch (error) {
    closeSync(fd) // which nobody has taken over
    throw error
  }
}

class ChannelLink implements Link {
  readonly side: Side
  readonly #native: NativeChannel
  /** All of the memory. The addon finds it by this view, which must live as long as the mapping. */
  readonly #view: Uint8Array
  /** What the other side wakes this one by, where it can: see `readBells`. */
  readonly #bells: Socket | undefined
  #listener: LinkListener | undefined
  #wasRung = false
  #peer: NativePeer = 0
  #hasEnded = false
  #isClosed = false

  constructor(native: NativeChannel, allocate: Allocate) {
    this.#native = native
    this.side = native.side()
    try {
      const size = native.size()
      this.#view = checkMemory(allocate(size), size)
      const fd = native.start(this.#view, (peer) => this.#rung(peer), mayRead)
      if (fd >= 0) this.#bells = readBells(fd, () => native.look())
    } catch (error) {
      native.close()
      throw error
    }
  }

  get memory(): ArrayBufferLike {
    if (this.#isClosed) throw closedError()
    return this.#view.buffer
  }

  wakePeer(): void {
    this.#native.wakePeer()
  }

  listen(listener: LinkListener): void {
    if (this.#listener !== undefined) {
      throw new SharedChannelError('INVALID_ARGUMENT', 'This link already has a channel; create another.')
    }
    if (this.#isClosed) throw closedError()
    this.#listener = listener
    // Soon, so that whoever makes the channel can say first who hears of it.
    if (this.#wasRung) queueMicrotask(() => this.#rung(this.#peer))
  }

  ref(): void {
    this.#native.ref()
  }

  unref(): void {
    this.#native.unref()
  }

  /** The other side cannot be ended from here: it is told that this one is gone, and counts as gone. */
  async stop(): Promise<void> {
    if (this.#isClosed) return
    this.#native.leave()
    this.#end()
  }

  async close(): Promise<void> {
    await this.stop()
    this.#isClosed = true
    this.#bells?.destroy()
    this.#native.close()
  }

  #rung(peer: NativePeer): void {
    this.#wasRung = true
    this.#peer = peer
    if (this.#listener === undefined || this.#hasEnded) return
    this.#listener.wake()
    if (peer === 2) this.#end()
    if (peer === 3) {
      this.#end(new SharedChannelError('PEER_LOST', 'The other side of the channel has ended without closing it.'))
    }
  }

  #end(reason?: SharedChannelError): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#listener?.ended(reason)
  }
}

function closedError(): SharedChannelError {
  return new SharedChannelError('CLOSED', 'This link is closed; create another channel.')
}
