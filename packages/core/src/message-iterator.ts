import { Deferred } from './deferred.ts'

/** How many messages, or bytes, an iterator holds before it asks the channel to stop. */
const MAX_MESSAGES = 64
const MAX_BYTES = 1 << 20

/** The messages of a channel as an async iterator: a short queue between the ring and a loop that may be slow. */
export class MessageIterator<T> implements AsyncIterableIterator<T> {
  readonly #hasRoomAgain: () => void
  readonly #left: () => void
  #messages: T[] = []
  #bytes = 0
  #wasFull = false
  #ended = false
  #reason: unknown
  readonly #waiting: Deferred<IteratorResult<T>>[] = []

  /**
   * @param hasRoomAgain It was full and has been emptied.
   * @param left The loop was left.
   */
  constructor(hasRoomAgain: () => void, left: () => void) {
    this.#hasRoomAgain = hasRoomAgain
    this.#left = left
  }

  /** Holds as much as it may; the ring waits. */
  get isFull(): boolean {
    const full = this.#messages.length >= MAX_MESSAGES || this.#bytes >= MAX_BYTES
    this.#wasFull ||= full
    return full
  }

  /** A message of `size` bytes for the loop. */
  push(message: T, size: number): void {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting.resolve({ value: message, done: false })
      return
    }
    this.#messages.push(message)
    this.#bytes += size
  }

  /** Nothing more comes. The loop gets what is there, then ends, or throws `reason`. */
  end(reason: unknown): void {
    this.#ended = true
    this.#reason = reason
    for (const waiting of this.#waiting.splice(0)) this.#tellEnd(waiting)
  }

  next(): Promise<IteratorResult<T>> {
    const message = this.#messages.shift()
    if (message !== undefined) {
      if (this.#messages.length === 0) {
        this.#bytes = 0
        if (this.#wasFull) this.#hasRoomAgain()
        this.#wasFull = false
      }
      return Promise.resolve({ value: message, done: false })
    }
    const result = new Deferred<IteratorResult<T>>()
    if (this.#ended) this.#tellEnd(result)
    else this.#waiting.push(result)
    return result.promise
  }

  return(): Promise<IteratorResult<T>> {
    this.#messages = []
    this.end(undefined)
    this.#left()
    return this.next()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #tellEnd(result: Deferred<IteratorResult<T>>): void {
    if (this.#reason === undefined) result.resolve({ value: undefined, done: true })
    else result.reject(this.#reason)
    this.#reason = undefined // told once
  }
}
