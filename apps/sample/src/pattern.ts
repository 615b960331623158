/** The bytes of the sample plugin's streams. */

/**
 * Random bytes from a seed, as plugin/sample.cpp makes them.
 *
 * @example
 * const pattern = new Pattern(7)
 * channel.send('block', pattern.next(1000))
 */
export class Pattern {
  #state: number

  /** @param seed An integer from 0 to 4,294,967,295. */
  constructor(seed: number) {
    this.#state = seed || 1
  }

  /**
   * @param size In bytes.
   * @returns The next block.
   */
  next(size: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(size / 4))
    let state = this.#state
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      words[i] = state
    }
    this.#state = state
    return new Uint8Array(words.buffer, 0, size)
  }
}

/** FNV-1a of all bytes that were added. */
export class Checksum {
  #sum = 2166136261

  add(bytes: Uint8Array): void {
    let sum = this.#sum
    for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ (bytes[i] as number), 16777619)
    this.#sum = sum
  }

  get value(): number {
    return this.#sum >>> 0
  }
}

/**
 * Checks the blocks of a stream as they come: each byte, and, by the checksum behind them, that none is missing.
 *
 * @example
 * const check = new StreamCheck(seed)
 * channel.on('block', (block) => check.add(block))
 * channel.on('streamed', (end) => show(check.isRight(end)))
 * channel.send('stream', { blocks: 100, blockBytes: 4096, seed })
 */
export class StreamCheck {
  readonly #pattern: Pattern
  readonly #checksum = new Checksum()
  #blocks = 0
  #bytes = 0
  #wrong = 0

  /** @param seed That of the stream. */
  constructor(seed: number) {
    this.#pattern = new Pattern(seed)
  }

  /** @returns Whether this is the next block. */
  add(block: Uint8Array): boolean {
    const isRight = areEqual(block, this.#pattern.next(block.length))
    this.#checksum.add(block)
    this.#blocks++
    this.#bytes += block.length
    if (!isRight) this.#wrong++
    return isRight
  }

  get blocks(): number {
    return this.#blocks
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Blocks that were not as they should be. */
  get wrong(): number {
    return this.#wrong
  }

  /** Whether all has come that the plugin has sent, and nothing else. */
  isRight(streamed: { readonly blocks: number; readonly checksum: number }): boolean {
    return this.#wrong === 0 && this.#blocks === streamed.blocks && this.#checksum.value === streamed.checksum
  }
}

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
  return true
}
