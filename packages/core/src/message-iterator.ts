/** How many messages, or bytes, an iterator holds before it asks the channel to stop. */
const MAX_MESSAGES = 64
const MAX_BYTES = 1 << 20

/** What an iterator tells its channel. */
export interface IteratorOwner {
  /** It was full and has been emptied. */
  hasRoomAgain(): void
  /** The loop was left. */
  left(): void
}

/** The messages of a channel as an async iterator: a short queue between the ring and a loop that may be slow. */
export class MessageIterator<T> implements AsyncIterableIterator<T> {
  readonly #owner: IteratorOwner
  #messages: T[] = []
  #bytes = 0
  #wasFull = false
  #ended = false
  #reason: unknown
  #waiting: { resolve: (result: IteratorResult<T>) => void; reject: (reason: unknown) => void }[] = []

  constructor(owner: IteratorOwner) {
    this.#owner = owner
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
    for (const { resolve, reject } of this.#waiting) {
      if (reason === undefined) resolve({ value: undefined, done: true })
      else reject(reason)
      this.#reason = undefined // told once
    }
    this.#waiting = []
  }

  next(): Promise<IteratorResult<T>> {
    const message = this.#messages.shift()
    if (message !== undefined) {
      if (this.#messages.length === 0) {
        this.#bytes = 0
        if (this.#wasFull) this.#owner.hasRoomAgain()
        this.#wasFull = false
      }
      return Promise.resolve({ value: message, done: false })
    }
    if (!this.#ended) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
    const reason = this.#reason
    this.#reason = undefined
    return reason === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(reason)
  }

  return(): Promise<IteratorResult<T>> {
    this.#messages = []
    this.end(undefined)
    this.#owner.left()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
