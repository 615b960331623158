/** A promise and its two functions. `Promise.withResolvers` is not in Node 20. */
export class Deferred<T> {
  readonly promise: Promise<T>
  isPending = true
  declare resolve: (value: T) => void
  declare reject: (reason: unknown) => void

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = (value) => {
        this.isPending = false
        resolve(value)
      }
      this.reject = (reason) => {
        this.isPending = false
        reject(reason)
      }
    })
    this.settled(() => {}) // one that nobody waits for is not an unhandled rejection
  }

  /** Calls back when the promise is resolved or rejected. */
  settled(callback: () => void): void {
    this.promise.then(callback, callback)
  }
}
