/** What this process has, by the names that the main process gives. */
export class Table<T> {
  readonly #what: string
  readonly #things = new Map<string, T>()

  /** @param what For the message when there is none. */
  constructor(what: string) {
    this.#what = what
  }

  get names(): string[] {
    return [...this.#things.keys()]
  }

  set(name: string, thing: T): void {
    this.#things.set(name, thing)
  }

  get(name: string): T {
    const thing = this.#things.get(name)
    if (thing === undefined) throw new Error(`there is no ${this.#what} "${name}"`)
    return thing
  }

  take(name: string): T {
    const thing = this.get(name)
    this.#things.delete(name)
    return thing
  }
}
