// Who sees the frames: whether all come, in order, and each of them whole.
import { isWhole, numberOf } from './frame.ts'

export class Audience {
  readonly #frames: number
  #whole = 0
  #torn = 0
  #next = 0

  /** @param frames That are to come, numbered from 0. */
  constructor(frames: number) {
    this.#frames = frames
  }

  see(pixels: Uint8Array): void {
    if (!isWhole(pixels)) {
      this.#torn++
      return
    }
    if (numberOf(pixels) >= this.#next) this.#whole++
    this.#next = numberOf(pixels) + 1
  }

  /** So far; a frame that comes after a later one is lost. */
  get lost(): number {
    return this.#frames - this.#whole - this.#torn
  }

  get torn(): number {
    return this.#torn
  }
}
