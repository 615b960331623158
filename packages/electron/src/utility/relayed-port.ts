type Handler = (value: unknown) => void

/** Plays a port whose messages go another way. */
export class RelayedPort {
  readonly #send: (data: unknown) => void
  readonly #handlers = new Map<string, Handler[]>()
  #isClosed = false

  constructor(send: (data: unknown) => void) {
    this.#send = send
  }

  postMessage(data: unknown): void {
    if (!this.#isClosed) this.#send(data)
  }

  on(name: string, handler: Handler): void {
    this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler])
  }

  start(): void {}

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#tell('close', undefined)
  }

  /** What has come for it. */
  received(data: unknown): void {
    if (!this.#isClosed) this.#tell('message', data)
  }

  #tell(name: string, data: unknown): void {
    for (const handler of this.#handlers.get(name) ?? []) handler({ data, ports: [] })
  }
}
