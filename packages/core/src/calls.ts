/** Calls: those that this end makes and waits for, and those that it answers. */
import { type Codec, encode } from './codec.ts'
import { Deferred } from './deferred.ts'
import { SharedChannelError } from './errors.ts'
import { FLAG_CALL, FLAG_REPLY, REPLY_FAILED, REPLY_OK } from './layout.ts'
import type { WaitingMessage } from './sender.ts'
import { limitWait, type WaitOptions } from './waiting.ts'

/** One type of call that this end makes. */
export interface OutgoingCall {
  readonly name: string
  readonly id: number
  readonly reply: Codec<never, unknown>
}

/** One type of call that this end answers, and who does. */
export interface IncomingCall {
  readonly name: string
  readonly codec: Codec<never, unknown>
  readonly reply: Codec<never, unknown>
  handler: ((payload: never) => unknown) | undefined
}

/** Whom calls belong to. */
export interface CallsOwner {
  /** Sends as `Sender.send`. */
  send(tag: number, bytes: Uint8Array, call: number, status: number): WaitingMessage | undefined
  /** Takes a call back that is still in the queue. */
  withdraw(message: WaitingMessage): void
  /** Resolves when there is room again. */
  ready(): Promise<void>
  /** Has messages taken from the ring until the returned function is called. */
  addConsumer(): () => void
  reportError(error: unknown): void
}

interface OpenCall extends OutgoingCall {
  readonly answer: Deferred<unknown>
}

export class Calls {
  readonly #owner: CallsOwner
  readonly #incoming: ReadonlyMap<number, IncomingCall>
  readonly #open = new Map<number, OpenCall>()
  #number = 0

  constructor(incoming: ReadonlyMap<number, IncomingCall>, owner: CallsOwner) {
    this.#incoming = incoming
    this.#owner = owner
  }

  /** Sends a call; the promise settles with its answer. */
  request(call: OutgoingCall, payload: Uint8Array, options: WaitOptions): Promise<unknown> {
    do this.#number = (this.#number + 1) >>> 0
    while (this.#open.has(this.#number)) // after 4 billion calls the first ones may still be open
    const number = this.#number
    const answer = new Deferred<unknown>()
    const waiting = this.#owner.send(call.id | FLAG_CALL, payload, number, 0)
    const leave = this.#owner.addConsumer()
    const callOff = limitWait(options, `"${call.name}" was not answered`, (reason) => {
      if (waiting !== undefined) this.#owner.withdraw(waiting)
      answer.reject(reason)
    })
    const settled = () => {
      this.#open.delete(number)
      leave()
      callOff()
    }
    answer.promise.then(settled, settled)
    this.#open.set(number, { ...call, answer })
    return answer.promise
  }

  /** An answer came in. One to a call that is not open is nobody's any more: it was given up. */
  replied(number: number, status: number, payload: Uint8Array): void {
    const call = this.#open.get(number)
    if (call === undefined) return
    try {
      if (status === REPLY_OK) call.answer.resolve(call.reply.decode(payload))
      else {
        const reason = new TextDecoder().decode(payload)
        call.answer.reject(new SharedChannelError('REMOTE_ERROR', `"${call.name}" failed on the other side: ${reason}`))
      }
    } catch (error) {
      call.answer.reject(error)
    }
  }

  /** A call came in: answers it, now or when its handler's promise settles. */
  async called(id: number, number: number, payload: Uint8Array): Promise<void> {
    const call = this.#incoming.get(id)
    let status = REPLY_OK
    let bytes: Uint8Array
    try {
      if (call?.handler === undefined) throw new Error(`nobody handles ${call === undefined ? id : `"${call.name}"`}`)
      const result = await call.handler(call.codec.decode(payload) as never)
      bytes = encode(call.name, call.reply, result)
    } catch (error) {
      status = REPLY_FAILED
      bytes = reasonOf(error)
    }
    await this.#reply(id, number, status, bytes)
  }

  /** The channel has ended: nobody answers any more. */
  end(reason: SharedChannelError): void {
    for (const { answer } of this.#open.values()) answer.reject(reason)
  }

  async #reply(id: number, number: number, status: number, bytes: Uint8Array): Promise<void> {
    for (;;) {
      try {
        this.#owner.send(id | FLAG_REPLY, bytes, number, status)
        return
      } catch (error) {
        const code = error instanceof SharedChannelError ? error.code : undefined
        if (code === 'CLOSED') return // the caller is told by the end of the channel
        if (code === 'QUEUE_FULL') {
          bytes = new Uint8Array(bytes) // an encoder may use its memory again
          await this.#owner.ready().catch(() => {})
        } else if (status === REPLY_OK) {
          status = REPLY_FAILED // too large, for instance: the caller is to know
          bytes = reasonOf(error)
        } else {
          this.#owner.reportError(error)
          return
        }
      }
    }
  }
}

function reasonOf(error: unknown): Uint8Array {
  let reason = 'it gave no reason'
  try {
    reason = `${error instanceof Error ? error.message : error}`
  } catch {} // not everything that is thrown can be made a text
  return new TextEncoder().encode(reason)
}
