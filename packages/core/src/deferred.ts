/** A promise and its two functions. `Promise.withResolvers` is not in Node 20. */
export class Deferred<T> {
  readonly promise: Promise<T>
  isPending = true
  #resolve!: (value: T) => void
  #reject!: (reason: unknown) => void

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.promise.catch(() => {}) // one that nobody waits for is not an unhandled rejection
  }

  readonly resolve = (value: T): void => {
    this.isPending = false
    this.#resolve(value)
  }

  readonly reject = (reason: unknown): void => {
    this.isPending = false
    this.#reject(reason)
  }

  static resolved(): Deferred<void> {
    const deferred = new Deferred<void>()
    deferred.resolve()
    return deferred
  }
}
