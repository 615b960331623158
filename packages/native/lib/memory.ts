// Memory that V8 allocates and that a segment can be mapped over: page-aligned, at offset 0 of its buffer.
import { SharedChannelError } from '@shared-channel/core'
import { capabilities } from './capabilities.ts'

/**
 * `wasm`: the buffer of a WebAssembly.Memory, which every API accepts and V8 copies fastest; each reserves gigabytes of
 * address space, so there are some thousands at most. `resizable`: an ArrayBuffer that may be transferred, refused by
 * some APIs; any number. `growable` and `wasm-shared`: SharedArrayBuffers, for agents that share them.
 */
export type MemoryKind = 'wasm' | 'resizable' | 'growable' | 'wasm-shared'

/**
 * Brings the memory for one end of a channel; called once, or not at all when something else is wrong.
 *
 * @param size Bytes, a multiple of 65,536.
 * @returns A view over all of zeroed, page-aligned memory of exactly `size` bytes that the engine allocated for this.
 */
export type Allocate = (size: number) => Uint8Array

const WASM_PAGE = 65536

/**
 * Zeroed memory of exactly `size` bytes.
 *
 * @param kind See {@link MemoryKind}.
 * @param size Bytes, a multiple of 65,536.
 * @returns A view over all of it. The view has a fixed length, which V8 compiles to faster code.
 * @throws RangeError when the engine has no room for it, TypeError when it does not know this kind.
 */
export function allocate(kind: MemoryKind, size: number): Uint8Array {
  switch (kind) {
    case 'wasm':
    case 'wasm-shared': {
      const pages = size / WASM_PAGE
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: kind === 'wasm-shared' })
      return new Uint8Array(memory.buffer, 0, size)
    }
    case 'resizable':
      requireSupport('resizable' in ArrayBuffer.prototype, kind)
      return new Uint8Array(new ArrayBuffer(size, { maxByteLength: size }), 0, size)
    case 'growable':
      requireSupport(typeof SharedArrayBuffer === 'function' && 'growable' in SharedArrayBuffer.prototype, kind)
      return new Uint8Array(new SharedArrayBuffer(size, { maxByteLength: size }), 0, size)
  }
}

/** An engine that does not know the option ignores it: Electron before version 24. */
function requireSupport(isSupported: boolean, kind: MemoryKind): void {
  if (!isSupported) throw new TypeError(`this engine has no ${kind} buffers`)
}

/** For one end of a channel, in the order of preference; one kind where capabilities() is told to use it. */
const FOR_CHANNELS: Readonly<Partial<Record<string, readonly MemoryKind[]>>> = {
  transferable: ['resizable'],
  shared: ['growable', 'wasm-shared'],
}

/**
 * Memory for one end of a channel, of the kind that does most.
 *
 * @throws SharedChannelError `OUT_OF_MEMORY`.
 */
export function allocateForChannel(size: number): Uint8Array {
  // `wasm` may be out of address space for guards, which the other kind does not need.
  const kinds = FOR_CHANNELS[capabilities().memory] ?? (['wasm', 'resizable'] as const)
  let cause: unknown
  for (const kind of kinds) {
    try {
      return allocate(kind, size)
    } catch (error) {
      cause = error
    }
  }
  throw new SharedChannelError(
    'OUT_OF_MEMORY',
    `The engine has no room for ${size} bytes. Use smaller capacities, or close channels.`,
    { cause },
  )
}

/** Throws `INVALID_ARGUMENT` for what is not a view over all of some memory of so many bytes. */
export function checkMemory(view: Uint8Array, size: number): Uint8Array {
  const isBytes = Object.prototype.toString.call(view) === '[object Uint8Array]' // of whichever window
  if (isBytes && view.byteLength === size && view.buffer.byteLength === size) return view
  const found = isBytes ? `one of ${view.byteLength} of ${view.buffer.byteLength} bytes` : typeof view
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `The memory must be a Uint8Array over all of a buffer of ${size} bytes; it is ${found}.`,
  )
}
