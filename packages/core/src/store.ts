import { reportUncaught } from './host.ts'

/** A value that changes, and who wants to know. Svelte's stores have this shape, and React's `useSyncExternalStore` takes it apart. */
export interface Readable<T> {
  /** The value as it is now; the same object until it changes. */
  get(): T
  /**
   * Calls `run` with the value, at once and whenever it has changed.
   *
   * @returns Takes `run` away again; safe to call twice.
   */
  subscribe(run: (value: T) => void): () => void
}

/**
 * A value with something behind it that runs while somebody wants the value: started for the first subscriber, stopped after
 * the last. `get` and `subscribe` need no `this`, so that they can be handed on.
 *
 * @example
 * const seconds = new Store(0, (set) => {
 *   const timer = setInterval(() => set(seconds.get() + 1), 1000)
 *   return () => clearInterval(timer)
 * })
 */
export class Store<T> implements Readable<T> {
  readonly #start: ((set: (value: T) => void) => () => void) | undefined
  readonly #runs = new Set<{ readonly run: (value: T) => void }>()
  #stop: (() => void) | undefined
  #value: T

  /**
   * @param value What it is at first.
   * @param start Called for the first subscriber; returns how to stop, which is called after the last one.
   */
  constructor(value: T, start?: (set: (value: T) => void) => () => void) {
    this.#value = value
    this.#start = start
  }

  readonly get = (): T => this.#value

  readonly subscribe = (run: (value: T) => void): (() => void) => {
    const own = { run } // the same function may come twice
    this.#runs.add(own)
    if (this.#runs.size === 1) this.#stop = this.#start?.(this.set)
    if (this.#runs.has(own)) run(this.#value)
    return () => {
      if (!this.#runs.delete(own) || this.#runs.size > 0) return
      const stop = this.#stop
      this.#stop = undefined
      stop?.()
    }
  }

  /** Whether anybody wants the value. */
  get isWanted(): boolean {
    return this.#runs.size > 0
  }

  /** Changes the value, and tells everyone if it is another one. */
  readonly set = (value: T): void => {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const own of [...this.#runs]) {
      if (!this.#runs.has(own)) continue // it has left meanwhile
      try {
        own.run(value)
      } catch (error) {
        reportUncaught(error) // what one does with it is no affair of the others, or of whoever has changed it
      }
      if (!Object.is(this.#value, value)) return // changed by that: everyone was told the newer one
    }
  }
}
