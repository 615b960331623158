// New data for each message.
import { sumOfLines } from '../../counterpart.ts'

/** Of 1 MiB, they are more than the caches next to a core hold. */
const FRAMES = 8

/** Frames of one colour each, again and again. */
export class Film {
  readonly #frames: readonly Uint8Array[]
  readonly #sums: readonly number[]

  /** @param size Bytes of a frame. */
  constructor(size: number) {
    this.#frames = Array.from({ length: FRAMES }, (_, i) => new Uint8Array(size).fill(i + 1))
    this.#sums = this.#frames.map(sumOfLines)
  }

  frame(index: number): Uint8Array {
    return this.#frames[index % FRAMES] as Uint8Array
  }

  /** What whoever adds up the lines of the first so many frames finds. */
  sum(frames: number): number {
    let sum = 0
    for (let i = 0; i < frames; i++) sum += this.#sums[i % FRAMES] as number
    return sum
  }
}
