import { SharedChannelError } from './errors.ts'

/** How long to wait, and who may end it. */
export interface WaitOptions {
  /** Milliseconds, 0 to 2,147,483,647. Without it there is no limit. */
  timeout?: number
  /** Ends the wait; the promise rejects with its `reason`. */
  signal?: AbortSignal
}

const LONGEST_TIMEOUT = 2 ** 31 - 1

/** Throws `INVALID_ARGUMENT` for options that cannot be, and the signal's reason when it has aborted already. */
export function checkWait({ timeout, signal }: WaitOptions): void {
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0 && timeout <= LONGEST_TIMEOUT)) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `timeout must be milliseconds from 0 to ${LONGEST_TIMEOUT}; it is ${String(timeout)}.`,
    )
  }
  if (signal?.aborted) throw signal.reason
}

/**
 * Calls `giveUp` once, with what to reject with, when the wait has taken too long or was aborted.
 *
 * @param what Completes the message of a `TIMEOUT`: "… within 5 ms".
 * @returns Calls it off.
 */
export function limitWait(
  { timeout, signal }: WaitOptions,
  what: string,
  giveUp: (reason: unknown) => void,
): () => void {
  const expired = () => {
    callOff()
    giveUp(new SharedChannelError('TIMEOUT', `${what} within ${timeout} ms.`))
  }
  const aborted = () => {
    callOff()
    giveUp(signal?.reason)
  }
  const timer = timeout === undefined ? undefined : setTimeout(expired, timeout)
  signal?.addEventListener('abort', aborted)
  const callOff = () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
  }
  return callOff
}
