// Memory that V8 allocates and that a segment can be mapped over: page-aligned, at offset 0 of its buffer.
import { SharedChannelError } from '@shared-channel/core'

/**
 * `wasm`: the buffer of a WebAssembly.Memory, which every API accepts and V8 copies fastest; each reserves gigabytes of
 * address space, so there are some thousands at most. `resizable`: an ArrayBuffer that may be transferred, refused by
 * some APIs; any number. `growable` and `wasm-shared`: SharedArrayBuffers, for agents that share them.
 */
export type MemoryKind = 'wasm' | 'resizable' | 'growable' | 'wasm-shared'

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

/**
 * Memory for one end of a channel, of the kind that does most.
 *
 * @throws SharedChannelError `OUT_OF_MEMORY`.
 */
export function allocateForChannel(size: number): Uint8Array {
  try {
    return allocate('wasm', size)
  } catch {
    // Out of address space for guards, which the other kind does not need.
  }
  try {
    return allocate('resizable', size)
  } catch (cause) {
    throw new SharedChannelError(
      'OUT_OF_MEMORY',
      `The engine has no room for ${size} bytes. Use smaller capacities, or close channels.`,
      { cause },
    )
  }
}
