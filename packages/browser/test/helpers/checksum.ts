// As checksum.hpp.

/** Whole words, which depend on their place. */
export function pattern(size: number, seed: number): Uint8Array {
  const words = new Uint32Array(size / 4)
  const start = Math.imul(seed, 2654435761)
  for (let i = 0; i < words.length; i += 1) words[i] = start + 4 * i
  return new Uint8Array(words.buffer)
}

/** Depends on all bytes and on their order. */
export class Checksum {
  #size = 0
  #sum = 0

  add(bytes: Uint8Array): void {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    let sum = this.#sum
    for (let i = 0; i < words.length; i += 1) sum = (Math.imul(sum, 31) + (words[i] ?? 0)) | 0
    this.#sum = sum
    this.#size += bytes.byteLength
  }

  get text(): string {
    return `${this.#size} ${this.#sum >>> 0}`
  }
}
