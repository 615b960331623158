import { checkNumber } from './checks.ts'
import type { Deferred } from './deferred.ts'
import { SharedChannelError } from './errors.ts'

/** How long to wait, and who may end it. */
export interface WaitOptions {
  /** Milliseconds, 0 to 2,147,483,647. Without it there is no limit. */
  timeout?: number
  /** Ends the wait; the promise rejects with its `reason`. */
  signal?: AbortSignal
}

/** The longest time that a timer takes, in milliseconds. */
export const LONGEST_TIMEOUT = 2 ** 31 - 1

/** Throws `INVALID_ARGUMENT` for options that cannot be, and the signal's reason when it has aborted already. */
export function checkWait({ timeout, signal }: WaitOptions): void {
  if (timeout !== undefined) checkNumber('timeout', timeout, LONGEST_TIMEOUT)
  if (signal?.aborted) throw signal.reason
}

/**
 * Rejects `wait` when it has taken too long or was aborted, and calls `undo` before.
 *
 * @param what Completes the message of a `TIMEOUT`: "… within 5 ms".
 */
export function limitWait<T>(
  wait: Deferred<T>,
  { timeout, signal }: WaitOptions,
  what: string,
  undo: () => unknown,
): void {
  const giveUp = (reason: unknown) => {
    undo()
    wait.reject(reason)
  }
  const aborted = () => giveUp(signal?.reason)
  const expired = () => giveUp(new SharedChannelError('TIMEOUT', `${what} within ${timeout} ms.`))
  const timer = timeout === undefined ? undefined : setTimeout(expired, timeout)
  signal?.addEventListener('abort', aborted)
  wait.settled(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
  })
}
