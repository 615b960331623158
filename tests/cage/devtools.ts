// The Chrome DevTools Protocol over the two pipes of `--remote-debugging-pipe`: JSON texts, each ended by a NUL.
import { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'

interface Incoming {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
  readonly method?: string
  readonly params?: unknown
  readonly sessionId?: string
}

type Answered = Pick<PromiseWithResolvers<unknown>, 'resolve' | 'reject'>

const hasEnded = () => new Error('the browser has ended')

/** Emits the events of the browser as `method`, those of a session as `sessionId method`, with their parameters. */
export class DevTools extends EventEmitter {
  readonly #commands: Writable
  readonly #waiting = new Map<number, Answered>()
  #lastId = 0
  #ended = false

  constructor(commands: Writable, messages: Readable) {
    super()
    this.#commands = commands
    let unread = ''
    messages.setEncoding('utf8')
    messages.on('data', (text: string) => {
      const complete = (unread + text).split('\0')
      unread = complete.pop() ?? ''
      for (const message of complete) this.#take(JSON.parse(message))
    })
    commands.on('error', () => {}) // of a browser that has ended; `close` follows
    messages.on('error', () => {})
    messages.on('close', () => {
      this.#ended = true
      for (const { reject } of this.#waiting.values()) reject(hasEnded())
    })
  }

  /**
   * @param sessionId The page that is meant; the browser without.
   * @throws What the browser answers to a command that failed.
   */
  send<Result = unknown>(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    if (this.#ended) return Promise.reject(hasEnded())
    const id = ++this.#lastId
    this.#commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
    }) as Promise<Result>
  }

  #take({ id, result, error, method, params, sessionId }: Incoming): void {
    if (id === undefined) {
      this.emit([sessionId, method].filter(Boolean).join(' '), params)
      return
    }
    const answered = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) answered?.resolve(result)
    else answered?.reject(new Error(error.message))
  }
}
