/** Calls: those that this end makes and waits for, and those that it answers. */
import { type Codec, type Encoded, encode } from './codec.ts'
import { Deferred } from './deferred.ts'
import { SharedChannelError } from './errors.ts'
import { FLAG_CALL, FLAG_REPLY, REPLY_FAILED, REPLY_OK } from './layout.ts'
import type { Incoming, Outgoing, Owner } from './parts.ts'
import type { Sender } from './sender.ts'
import { limitWait, type WaitOptions } from './waiting.ts'

export class Calls {
  readonly #sender: Sender
  readonly #owner: Owner
  readonly #open = new Map<number, { entry: Outgoing; answer: Deferred<unknown> }>()
  /** Given up, by number: how their replies are encoded, where that wants to know. */
  readonly #late = new Map<number, Codec<never, unknown>>()
  #number = 0

  constructor(sender: Sender, owner: Owner) {
    this.#sender = sender
    this.#owner = owner
  }

  /** Sends a call; the result settles with its answer. */
  request(entry: Outgoing, payload: Encoded, options: WaitOptions): Deferred<unknown> {
    do this.#number = (this.#number + 1) >>> 0
    while (this.#open.has(this.#number)) // after 4 billion calls the first ones may still be open
    const number = this.#number
    const waiting = this.#sender.send(entry.id | FLAG_CALL, payload, number, 0)
    const answer = new Deferred<unknown>()
    this.#open.set(number, { entry, answer })
    const { unsent } = payload
    let wasWithdrawn = false
    const withdraw = () => {
      if (waiting === undefined || !this.#sender.withdraw(waiting)) return
      wasWithdrawn = true
      unsent?.()
    }
    // At once, so that nothing of it is sent any more; and when the other side is lost.
    limitWait(answer, options, `"${entry.name}" was not answered`, withdraw)
    answer.settled(() => {
      const isGivenUp = this.#open.delete(number)
      withdraw()
      if (isGivenUp && !wasWithdrawn && entry.reply?.unwanted) this.#late.set(number, entry.reply)
    })
    return answer
  }

  /** An answer came in. One to a call that is not open is nobody's any more: it was given up. */
  replied(number: number, status: number, payload: Uint8Array): void {
    const call = this.#open.get(number)
    if (call === undefined) {
      this.#late.get(number)?.unwanted?.(payload)
      this.#late.delete(number)
      return
    }
    this.#open.delete(number)
    const { entry, answer } = call
    try {
      if (status === REPLY_OK) answer.resolve(entry.reply?.decode(payload))
      else {
        const reason = new TextDecoder().decode(payload)
        answer.reject(new SharedChannelError('REMOTE_ERROR', `"${entry.name}" failed on the other side: ${reason}`))
      }
    } catch (error) {
      answer.reject(error)
    }
  }

  /** A call came in: answers it, now or when its handler's promise settles. */
  async called(entry: Incoming | undefined, id: number, number: number, payload: Uint8Array): Promise<void> {
    const reply = (bytes: Uint8Array, status: number) =>
      this.#sender.sendDirect(id | FLAG_REPLY, bytes, true, {}, number, status)
    try {
      const handler = entry?.handlers[0]
      if (entry?.reply === undefined || handler === undefined) {
        entry?.codec.unwanted?.(payload)
        throw new Error(`nobody handles "${entry?.name ?? id}"`)
      }
      const result = await handler(entry.codec.decode(payload) as never)
      await reply(encode(entry.name, entry.reply, result), REPLY_OK)
    } catch (error) {
      await reply(reasonOf(error), REPLY_FAILED).catch((second: SharedChannelError) => {
        // At the end of the channel the caller is told by that.
        if (second.code !== 'CLOSED') this.#owner.reportError(second)
      })
    }
  }

  /** The channel has ended: nobody answers any more. */
  end(reason: SharedChannelError): void {
    for (const { answer } of this.#open.values()) answer.reject(reason)
  }
}

function reasonOf(error: unknown): Uint8Array {
  let reason = 'it gave no reason'
  try {
    reason = `${error instanceof Error ? error.message : error}`
  } catch {} // not everything that is thrown can be made a text
  return new TextEncoder().encode(reason)
}
