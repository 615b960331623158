import { expect } from 'vitest'

/** Bytes that tell where they are from: each depends on its place and on `seed`. */
export function pattern(size: number, seed = 0): Uint8Array {
  const result = new Uint8Array(size)
  for (let i = 0; i < size; i++) result[i] = (i * 31 + (i >>> 8) * 7 + seed * 101) & 255
  return result
}

/** The same bytes. Compares at once; only where they differ is it told where, as `toEqual` does. */
export function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  if (actual === undefined || Buffer.compare(actual, expected) !== 0) expect(actual).toEqual(expected)
}
