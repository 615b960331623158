// A segment by itself: made or opened, with its handle, and mapped over memory that somebody else brings.
import { type BufferAccess, SharedChannelError } from '@shared-channel/core'
import { loadAddon, type NativeAccess, type NativeSegment } from './addon.ts'
import { checkMemory } from './memory.ts'

const LARGEST = 2 ** 32
/** Segments have whole steps of it. */
const STEP = 65536

/** What the addon calls it. */
export const NATIVE_ACCESS: Readonly<Record<BufferAccess, NativeAccess>> = {
  'read-write': 0,
  'read-only': 1,
  'read-only-strict': 2,
}

/**
 * OS shared memory, for those who bring it to places where this package's own buffers do not reach. All functions and
 * properties throw `CLOSED` after `close`, but for `size`, `unmap` and `close`.
 */
export interface Segment {
  /** Bytes that count; a mapping has whole steps of 64 KiB. */
  readonly size: number
  /** A line of text by which another process opens the same memory, while this one has it open. Grants nothing by itself. */
  readonly handle: string
  /**
   * Maps the segment over memory of the engine: from now on that is the shared memory, and what it held is gone. One
   * mapping at a time. The view is held until `unmap`.
   *
   * @param view Page-aligned memory that the engine allocated for this, `size` rounded up to whole steps of 64 KiB: all of a
   *   `WebAssembly.Memory`, or of a resizable ArrayBuffer or growable SharedArrayBuffer.
   * @param access What JavaScript may do with it, at most what the segment was opened for.
   * @throws SharedChannelError `INVALID_ARGUMENT` for another view, when one is mapped already, and for more access than there
   *   is; `NOT_SUPPORTED` where the system maps nothing over the engine's memory; `CLOSED`.
   */
  map(view: Uint8Array, access: BufferAccess): void
  /**
   * Private zeroes instead of the segment, if the view's memory still lies where it was mapped.
   *
   * @returns Whether nothing of the segment is left there; else the view was detached, and the engine or the buffer's next
   *   owner has the pages.
   */
  unmap(): boolean
  /** Unmaps, and lets go. Everybody else who has opened it keeps it. Safe to call again. */
  close(): void
}

/**
 * Makes a segment. All of it is there at once: what does not fit the machine fails here, never later.
 *
 * @param size Bytes, 1 to 4 GiB (4,294,967,296). Zeroed.
 * @throws SharedChannelError `INVALID_ARGUMENT` for another size, `OUT_OF_MEMORY`, `NOT_SUPPORTED` where there is no addon.
 * @example
 * const segment = createSegment(65536)
 * segment.map(new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 1 }).buffer), 'read-write')
 */
export function createSegment(size: number): Segment {
  return new MappableSegment(createNativeSegment(size), 'read-write')
}

/**
 * Opens a segment of another process, by its `handle`.
 *
 * @param handle The `handle` of a segment or of a SharedBuffer; it may come from anywhere.
 * @param access What this process may do with it.
 * @param trusted Whether the process that gave the handle belongs to this application; see `openSharedBuffer`.
 * @throws SharedChannelError as `openSharedBuffer`.
 * @example
 * const segment = openSegment(handle, 'read-only', true)
 */
export function openSegment(handle: string, access: BufferAccess, trusted: boolean): Segment {
  return new MappableSegment(openNativeSegment(handle, access, trusted), access)
}

/** The addon's part of `createSegment`. */
export function createNativeSegment(size: number): NativeSegment {
  checkBufferSize(size)
  return new (loadAddon().NativeSegment)(size)
}

/** The addon's part of `openSegment`. */
export function openNativeSegment(handle: string, access: BufferAccess, trusted: boolean): NativeSegment {
  if (typeof handle !== 'string') {
    throw new SharedChannelError('INVALID_ARGUMENT', `A handle is a text; this is a ${typeof handle}.`)
  }
  checkAccess(access)
  return new (loadAddon().NativeSegment)(handle, access !== 'read-write', trusted === true)
}

/** Throws `INVALID_ARGUMENT` for what is no size of a buffer. */
export function checkBufferSize(size: number): void {
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > LARGEST) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `The size of a buffer must be a whole number of bytes from 1 to ${LARGEST} (4 GiB); it is ${String(size)}.`,
    )
  }
}

function checkAccess(access: BufferAccess): void {
  if (Object.hasOwn(NATIVE_ACCESS, access)) return
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `access must be 'read-only', 'read-only-strict' or 'read-write'; it is ${JSON.stringify(access)}.`,
  )
}

class MappableSegment implements Segment {
  readonly size: number
  readonly #native: NativeSegment
  readonly #access: BufferAccess
  /** The addon finds the pages by it, and does not hold it. */
  #view: Uint8Array | undefined

  constructor(native: NativeSegment, access: BufferAccess) {
    this.#native = native
    this.#access = access
    this.size = native.size()
  }

  get handle(): string {
    return this.#native.handle()
  }

  map(view: Uint8Array, access: BufferAccess): void {
    checkAccess(access)
    if (access === 'read-write' && this.#access !== 'read-write') {
      throw new SharedChannelError('INVALID_ARGUMENT', 'This segment was opened to be read only; map it so.')
    }
    checkMemory(view, Math.ceil(this.size / STEP) * STEP)
    this.#native.map(view, NATIVE_ACCESS[access])
    this.#view = view
  }

  unmap(): boolean {
    if (this.#view === undefined) return true
    const isPrivate = this.#native.unmap()
    this.#view = undefined
    return isPrivate
  }

  close(): void {
    this.unmap()
    this.#native.close()
  }
}
