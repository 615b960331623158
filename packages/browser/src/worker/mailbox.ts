import type { WorkerMessage } from './messages.ts'

/** So many lines and errors may wait for the page; what comes beyond is dropped, and counted. */
const MOST_PENDING = 1024
const WARN = 2

/** Says to the page what a plugin logs and reports: as much as it can take. */
export class Mailbox {
  readonly #pending: Int32Array
  #dropped = 0

  constructor(pending: Int32Array) {
    this.#pending = pending
  }

  post(message: WorkerMessage): void {
    if (Atomics.load(this.#pending, 0) >= MOST_PENDING) {
      this.#dropped += 1
      return
    }
    if (this.#dropped > 0) {
      const text = `${this.#dropped} lines and errors of the plugin were dropped: the page was too busy for them`
      this.#dropped = 0
      this.post({ type: 'log', level: WARN, text })
    }
    Atomics.add(this.#pending, 0, 1)
    postMessage(message)
  }
}
