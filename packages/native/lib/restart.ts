// When a plugin that has crashed is started again.
import type { SharedChannelError } from '@shared-channel/core'

/** A plugin is back. */
export interface PluginRestart {
  /**
   * How many messages were lost: those that were in the rings when the process ended, not dealt with by the plugin or not
   * taken by the channel, and the one that was half sent. What had not left the queue is sent now.
   */
  readonly lost: number
  /** Why the process ended: `PEER_LOST`, with the signal's name, the exit code, or the call that took too long. */
  readonly reason: SharedChannelError
  /** How many times it was started since it last ran for 10 seconds. */
  readonly attempt: number
}

const FIRST_DELAY = 100
const LONGEST_DELAY = 10_000

/** 100 ms before the first attempt, twice as long before each one more, up to 10 s; anew once it has run for 10 s. */
export class BackOff {
  /** How many delays there were since it last ran for so long. */
  attempt = 0
  #startedAt = Number.POSITIVE_INFINITY
  readonly #now: () => number

  /** @param now The time in milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now
  }

  /** It runs. */
  started(): void {
    this.#startedAt = this.#now()
  }

  /** It has ended: how many milliseconds to wait before it is started again. */
  next(): number {
    if (this.#now() - this.#startedAt >= LONGEST_DELAY) this.attempt = 0
    this.#startedAt = Number.POSITIVE_INFINITY
    return Math.min(FIRST_DELAY * 2 ** this.attempt++, LONGEST_DELAY)
  }
}
