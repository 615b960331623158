import { afterEach, describe, expect, it, vi } from 'vitest'
import { allocate, allocateForChannel, type MemoryKind } from '../lib/memory.ts'

const SIZE = 2 * 65536

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('allocate', () => {
  it.each<[MemoryKind, string]>([
    ['wasm', 'ArrayBuffer'],
    ['resizable', 'ArrayBuffer'],
    ['growable', 'SharedArrayBuffer'],
    ['wasm-shared', 'SharedArrayBuffer'],
  ])('gives zeroed memory of exactly the size: %s', (kind, type) => {
    const view = allocate(kind, SIZE)
    expect([view.byteLength, view.byteOffset, view.buffer.byteLength]).toEqual([SIZE, 0, SIZE])
    expect(Object.prototype.toString.call(view.buffer)).toBe(`[object ${type}]`)
    expect(view.every((byte) => byte === 0)).toBe(true)
  })

  it('gives a view that does not follow the buffer when it is made smaller', () => {
    const view = allocate('resizable', SIZE)
    const buffer = view.buffer as ArrayBuffer
    buffer.resize(65536)
    expect(view.byteLength).toBe(0)
    buffer.resize(SIZE)
    expect(view.byteLength).toBe(SIZE)
  })

  it('throws where the engine has no room', () => {
    for (const kind of ['wasm', 'resizable', 'growable', 'wasm-shared'] as const) {
      expect(() => allocate(kind, 2 ** 47)).toThrow(/./)
    }
  })
})

describe('allocateForChannel', () => {
  const refuse = () => {
    throw new RangeError('could not allocate memory')
  }

  it('prefers what every API accepts', () => {
    const { buffer } = allocateForChannel(SIZE) as { buffer: ArrayBuffer }
    expect([buffer instanceof ArrayBuffer, buffer.resizable, buffer.byteLength]).toEqual([true, false, SIZE])
  })

  it('takes a resizable buffer when there is no address space for guards left', () => {
    vi.stubGlobal('WebAssembly', { Memory: refuse })
    const { buffer } = allocateForChannel(SIZE) as { buffer: ArrayBuffer }
    expect(buffer.resizable).toBe(true)
  })

  it('throws OUT_OF_MEMORY when there is neither', () => {
    vi.stubGlobal('WebAssembly', { Memory: refuse })
    expect(() => allocateForChannel(2 ** 52)).toThrow(
      expect.objectContaining({ code: 'OUT_OF_MEMORY', cause: expect.any(RangeError) }),
    )
  })
})
