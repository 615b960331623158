// Messages to another process, however they get there, and what that process makes of them; in any host.
import { sumOfLines } from '../counterpart.ts'

/** Another process, or a page in one. */
export interface ProcessCounterpart {
  /**
   * Sends `payload` so many times; the other process counts and reads a byte of each cache line.
   *
   * @returns Seconds until it has confirmed all of them.
   */
  send(payload: Uint8Array, messages: number): Promise<number>
  /** Sends `payload` there and back. Resolves when it has come. */
  echo(payload: Uint8Array): Promise<unknown>
  close(): Promise<unknown>
}

/** What the other process saw. */
export interface Report {
  readonly count: number
  readonly sum: number
}

/** What the other process does: counts, or sends back. */
export class Tally {
  #count = 0
  #sum = 0

  add(message: Uint8Array): void {
    this.#count++
    this.#sum += sumOfLines(message)
  }

  /** What was seen since the last report. */
  report(): Report {
    const report = { count: this.#count, sum: this.#sum }
    this.#count = this.#sum = 0
    return report
  }
}
