// SharedBuffer: memory that other processes, threads and native code see too, after WebView2's shared buffers.
import {
  type BufferAccess,
  type PostableBuffer,
  type ProcessIdentity,
  type SegmentReference,
  SharedChannelError,
} from '@shared-channel/core'
import type { NativeSegment } from './addon.ts'
import { copyBack, mapBuffer, unmapBuffer } from './buffer-memory.ts'
import { SharedBufferStream } from './buffer-stream.ts'
import { watchProcess } from './processes.ts'
import { createNativeSegment, openNativeSegment } from './segment.ts'
import { closeUsers } from './segment-users.ts'

/**
 * Makes a buffer of shared memory. All of it is there at once: what does not fit the machine fails here, never later.
 *
 * @param size Bytes, 1 to 4 GiB (4,294,967,296). Zeroed.
 * @throws SharedChannelError `INVALID_ARGUMENT` for another size, `OUT_OF_MEMORY` when there is no room, `NOT_SUPPORTED` where
 *   there is no addon.
 * @example
 * const buffer = createSharedBuffer(1920 * 1080 * 4)
 * render(buffer.bytes)
 * postSharedBuffer(worker, buffer, { additionalData: { frame: 1 } })
 * buffer.close() // the receiver keeps its own view
 */
export function createSharedBuffer(size: number): SharedBuffer {
  return new SharedBuffer(createNativeSegment(size), 'read-write')
}

/** How to open a buffer. */
export interface OpenSharedBufferOptions {
  /** What this process may do with it. Default `'read-write'`. */
  access?: BufferAccess
  /**
   * The process that gave the handle belongs to this application. Needed where the system has no sealed memory: whoever
   * made it could take it away, and the next access would end this process. Default false.
   */
  trusted?: boolean
}

/**
 * Opens a buffer of another process, by its `handle`. Open it while its owner has it open; both then close it for
 * themselves.
 *
 * @param handle The `handle` of a SharedBuffer, brought here as text in any way.
 * @throws SharedChannelError `INVALID_ARGUMENT` for what is no handle; `PEER_LOST` when its owner has ended; `CLOSED` when
 *   the owner has closed the buffer; `NOT_SUPPORTED` when the system does not let this process open it, or when it is not
 *   sealed and `trusted` is not set; `OUT_OF_MEMORY`.
 * @example
 * const buffer = openSharedBuffer(process.argv[2])
 * console.log(buffer.bytes[0])
 */
export function openSharedBuffer(handle: string, options: OpenSharedBufferOptions = {}): SharedBuffer {
  const { access = 'read-write', trusted = false } = options
  return new SharedBuffer(openNativeSegment(handle, access, trusted), access)
}

/** The segment of a buffer that is open, and what keeps it. */
interface Hold {
  readonly native: NativeSegment
  readonly size: number
  /** The buffer itself, and each post that was not received yet. */
  holders: number
  readonly letGo: (native: NativeSegment) => void
}

/**
 * Memory that other processes, threads and native code see too. Made by {@link createSharedBuffer} and
 * {@link openSharedBuffer}. After `close` every property throws `CLOSED`.
 */
export class SharedBuffer implements PostableBuffer {
  /** Closes the buffer at the end of a `using` block; there where the engine knows `Symbol.dispose`. */
  declare readonly [Symbol.dispose]: () => void

  readonly #access: BufferAccess
  #hold: Hold | undefined
  #buffer: ArrayBufferLike | undefined
  #bytes: Uint8Array | undefined

  /** @internal `letGo`: what becomes of the segment when nobody here holds it any more. */
  constructor(native: NativeSegment, access: BufferAccess, letGo = (segment: NativeSegment) => segment.close()) {
    this.#access = access
    this.#hold = { native, size: native.size(), holders: 1, letGo }
    if (Symbol.dispose) this[Symbol.dispose] = () => this.close()
  }

  /** Bytes, as asked for. */
  get size(): number {
    return this.#open().size
  }

  /** All of the memory; `size` rounded up to whole steps of 64 KiB. The same each time, until `close` detaches it. */
  get arrayBuffer(): ArrayBuffer {
    const { native, size } = this.#open()
    this.#buffer ??= mapBuffer(native, 'fixed', this.#access, size)
    return this.#buffer as ArrayBuffer
  }

  /** The `size` bytes of it. */
  get bytes(): Uint8Array {
    this.#bytes ??= new Uint8Array(this.arrayBuffer, 0, this.size)
    return this.#bytes
  }

  /** A line of text by which another process opens the same memory, while this one has it open. Grants nothing by itself. */
  get handle(): string {
    this.#flush()
    return this.#open().native.handle()
  }

  /**
   * Lets go of the memory: `arrayBuffer` and all views of it are detached. Posts that were not received yet, and everybody
   * else who has opened it, keep it. Safe to call again.
   */
  close(): void {
    const hold = this.#hold
    if (hold === undefined) return
    closeUsers(hold.native)
    this.#flush()
    if (this.#buffer !== undefined) unmapBuffer(hold.native, this.#buffer)
    this.#buffer = this.#bytes = undefined
    this.#hold = undefined
    drop(hold)
  }

  /**
   * A stream over the buffer, with a position of its own that starts at 0.
   *
   * @throws SharedChannelError `CLOSED`.
   * @example
   * await pipeline(file, buffer.openStream())
   */
  openStream(): SharedBufferStream {
    this.#open()
    return new SharedBufferStream(this, this.#access !== 'read-only-strict')
  }

  /** @internal What a post holds; see PostableBuffer of core. */
  reference(access: BufferAccess): SegmentReference {
    const hold = this.#open()
    if (access === 'read-write' && this.#access !== 'read-write') {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        'This buffer was opened to be read only, so nobody can be given more. Post it with access: "read-only".',
      )
    }
    this.#flush()
    hold.holders++
    return { handle: hold.native.handle(), drop: () => drop(hold) }
  }

  /** @internal */
  watch(process: ProcessIdentity, ended: () => void): (() => void) | undefined {
    return watchProcess(process, ended)
  }

  /** @internal The addon's object, for what else works in the same memory. */
  get native(): NativeSegment {
    return this.#open().native
  }

  /** Where nothing can be mapped, the others see what was written when it is handed over. */
  #flush(): void {
    if (this.#hold && this.#buffer && this.#access === 'read-write') copyBack(this.#hold.native, this.#buffer)
  }

  #open(): Hold {
    if (this.#hold === undefined) throw new SharedChannelError('CLOSED', 'This buffer is closed.')
    return this.#hold
  }
}

function drop(hold: Hold): void {
  if (--hold.holders === 0) hold.letGo(hold.native)
}
