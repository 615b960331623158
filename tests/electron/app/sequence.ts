/** Messages of random sizes and contents from a seed, the same as Sequence in tests/plugins/src/electron_stream.cpp. */
export class Sequence {
  #state: number
  #count = 0
  #words = new Uint32Array(1 << 16)

  constructor(seed: number) {
    this.#state = seed
  }

  /** Valid until the next call. */
  next(): Uint8Array {
    const size = this.#nextSize()
    const length = Math.ceil(size / 4)
    if (length > this.#words.length) this.#words = new Uint32Array(length)
    let state = this.#state
    for (let i = 0; i < length; i++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      this.#words[i] = state
    }
    this.#state = state
    return new Uint8Array(this.#words.buffer, 0, size)
  }

  #nextSize(): number {
    const r = this.#random()
    if (this.#count++ % 1000 === 500) return (3 << 20) + (r & 4095) // larger than a ring of 1 MiB
    return (r >>> 6) & ((r & 63) === 0 ? 0x3ffff : 0x3fff)
  }

  #random(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return this.#state
  }
}
