// The engine's memory behind a SharedBuffer: made with a segment mapped over it, and taken away again.
import { type BufferAccess, type BufferKind, SharedChannelError } from '@shared-channel/core'
import { loadAddon, type NativeSegment } from './addon.ts'
import { capabilities } from './capabilities.ts'
import { NATIVE_ACCESS } from './segment.ts'

const WASM_PAGE = 65536
/** Bytes that are compared at once; divides each buffer. */
const BLOCK = 4096

/** What belongs to a buffer. Found by it and held by nobody else, so that a buffer which nobody uses can be collected. */
interface Parts {
  /** All of the buffer; the addon finds the pages by it. */
  readonly view: Uint8Array
  readonly memory?: WebAssembly.Memory
  /** Whether a segment is mapped over it; else it has a copy of the contents. */
  readonly isMapped: boolean
  /** Of a copy that may be written: what the segment is known to have had. */
  readonly known?: Uint8Array
  /** The segment, where what is written into the buffer is written into that. */
  readonly shared?: NativeSegment
}
const partsOf = new WeakMap<ArrayBufferLike, Parts>()

/**
 * Memories of buffers that were released. A `WebAssembly.Memory` reserves gigabytes of address space, which comes back only
 * when the engine collects it, and there is room for about a hundred of them in a page: so they are used again.
 */
const spare: WebAssembly.Memory[] = []
const MOST_SPARE = 16

/**
 * Memory of the engine with a segment mapped over it, or with a copy of its contents where nothing can be mapped.
 *
 * @param size Bytes that count, 1 to 4 GiB; the buffer has whole steps of 64 KiB.
 * @throws SharedChannelError `NOT_SUPPORTED` for a kind that the engine lacks, `OUT_OF_MEMORY`.
 */
export function mapBuffer(
  segment: NativeSegment,
  kind: BufferKind,
  access: BufferAccess,
  size: number,
): ArrayBufferLike {
  const bytes = Math.ceil(size / WASM_PAGE) * WASM_PAGE
  const { view, memory } = allocateBuffer(kind, bytes)
  const isMapped = capabilities().memory !== 'copy'
  if (isMapped) segment.map(view, NATIVE_ACCESS[access])
  else segment.read(view, 0)
  const shared = access === 'read-write' ? (isMapped ? { shared: segment } : { known: copyOf(view) }) : {}
  partsOf.set(view.buffer, { view, isMapped, ...(memory && { memory }), ...shared })
  return view.buffer
}

/**
 * Detaches the buffer that `mapBuffer` gave; a SharedArrayBuffer, which cannot be detached, gets private zeroes.
 *
 * @param segment The one it was made for, not closed yet.
 */
export function unmapBuffer(segment: NativeSegment, buffer: ArrayBufferLike): void {
  const parts = partsOf.get(buffer)
  if (parts === undefined) return
  partsOf.delete(buffer)
  const { view, memory, isMapped } = parts
  const isPrivate = isMapped ? segment.unmap() : view.byteLength > 0
  if (!isMapped && isShared(buffer)) view.fill(0)
  if (memory === undefined) {
    if (!isShared(buffer) && buffer.byteLength > 0) loadAddon().detach(view)
    return
  }
  memory.grow(0) // makes a new buffer of the same pages, and detaches the old one
  // What a copy has left in them would have to be cleared: only pages that came back as zeroes are used again.
  if (isPrivate && isMapped && spare.length < MOST_SPARE) spare.push(memory)
}

/**
 * Takes over what was written into a buffer that is not mapped, and nothing else: the rest may have been written by others, or
 * be somebody's lock. Nothing to do for one that is mapped.
 */
export function copyBack(segment: NativeSegment, buffer: ArrayBufferLike): void {
  const { view, known } = partsOf.get(buffer) ?? {}
  if (view === undefined || known === undefined) return
  forEachChange(view, known, (begin, end) => {
    known.set(view.subarray(begin, end), begin)
    segment.write(known.subarray(begin, end), begin)
  })
}

/** Calls `changed` with each piece in which the bytes differ. */
function forEachChange(view: Uint8Array, known: Uint8Array, changed: (begin: number, end: number) => void): void {
  for (let block = 0; block < view.length; block += BLOCK) {
    const end = block + BLOCK
    if (Buffer.compare(view.subarray(block, end), known.subarray(block, end)) === 0) continue
    for (let at = block; at < end; at++) {
      const begin = at
      while (at < end && view[at] !== known[at]) at++
      if (at > begin) changed(begin, at)
    }
  }
}

function copyOf(view: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(view)
  } catch (cause) {
    const message = `There is no memory for one more copy of ${view.length} bytes.`
    throw new SharedChannelError('OUT_OF_MEMORY', message, { cause })
  }
}

/** The segment that a buffer and others see alike, from its beginning on; undefined for any other memory. */
export function sharedSegmentOf(buffer: ArrayBufferLike): NativeSegment | undefined {
  return partsOf.get(buffer)?.shared
}

function allocateBuffer(kind: BufferKind, bytes: number): { view: Uint8Array; memory?: WebAssembly.Memory } {
  try {
    switch (kind) {
      case 'fixed': {
        const memory = takeSpare(bytes) ?? new WebAssembly.Memory(pages(bytes))
        return { view: new Uint8Array(memory.buffer), memory }
      }
      case 'transferable':
        if (!hasResizable()) throw lacking(kind)
        return { view: new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes })) }
      case 'shared':
        return { view: new Uint8Array(allocateShared(bytes)) }
    }
  } catch (cause) {
    if (cause instanceof SharedChannelError) throw cause
    if (spare.length > 0) {
      spare.length = 0 // their address space may be what is missing: the engine collects before it gives up
      return allocateBuffer(kind, bytes)
    }
    throw new SharedChannelError(
      'OUT_OF_MEMORY',
      `The engine has no room for one more ${kind} buffer of ${bytes} bytes. ${advice(kind)}`,
      { cause },
    )
  }
}

function allocateShared(bytes: number): ArrayBufferLike {
  // Without cross-origin isolation a page has no such global, and yet the memory.
  if (typeof SharedArrayBuffer === 'function' && 'growable' in SharedArrayBuffer.prototype) {
    return new SharedArrayBuffer(bytes, { maxByteLength: bytes })
  }
  return new WebAssembly.Memory({ ...pages(bytes), shared: true }).buffer
}

function takeSpare(bytes: number): WebAssembly.Memory | undefined {
  const index = spare.findIndex((memory) => memory.buffer.byteLength === bytes)
  return index < 0 ? undefined : spare.splice(index, 1)[0]
}

function pages(bytes: number): WebAssembly.MemoryDescriptor {
  return { initial: bytes / WASM_PAGE, maximum: bytes / WASM_PAGE }
}

function advice(kind: BufferKind): string {
  if (kind !== 'fixed') return 'Release buffers that are not needed.'
  const instead = hasResizable()
    ? 'use getBuffer({ kind: "transferable" }), of which there may be thousands'
    : 'put many small ones into parts of a larger one'
  return `Buffers of this kind reserve gigabytes of address space each: release those that are not needed, or ${instead}.`
}

function lacking(kind: BufferKind): SharedChannelError {
  return new SharedChannelError(
    'NOT_SUPPORTED',
    `This engine has no resizable ArrayBuffers, so no ${kind} buffers; they came with Chromium 111 (Electron 24) and Node 20. Use getBuffer({ kind: "fixed" }).`,
  )
}

const hasResizable = () => 'resizable' in ArrayBuffer.prototype

const isShared = (buffer: ArrayBufferLike) => Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'
