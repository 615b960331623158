import { invalidArgument, SharedChannelError } from './errors.ts'
import { MAX_CAPACITY, MIN_CAPACITY } from './layout.ts'

/** Throws `INVALID_ARGUMENT` unless `value` is a number, or an integer, from 0 to `limit`. */
export function checkNumber(
  what: string,
  value: unknown,
  limit = Number.MAX_SAFE_INTEGER,
  kind: 'a number' | 'an integer' = 'a number',
): void {
  const isOfKind = kind === 'a number' ? typeof value === 'number' : Number.isInteger(value)
  if (isOfKind && (value as number) >= 0 && (value as number) <= limit) return
  throw invalidArgument(`${what} must be ${kind} from 0 to ${limit}; it is ${String(value)}.`)
}

/** Throws `MESSAGE_TOO_LARGE` for a message of more than `limit` bytes. */
export function checkSize(
  size: number,
  limit: number,
  advice = 'Send parts, or raise maxMessageBytes on both sides.',
): void {
  if (size <= limit) return
  throw new SharedChannelError('MESSAGE_TOO_LARGE', `The message has ${size} bytes; the limit is ${limit}. ${advice}`)
}

/** A capacity rounded up to what a ring may have. Throws `INVALID_ARGUMENT` when there is none. */
export function ringSize(what: string, capacity: number): number {
  if (Number.isInteger(capacity) && capacity >= MIN_CAPACITY && capacity <= MAX_CAPACITY) {
    return 2 ** Math.ceil(Math.log2(capacity))
  }
  throw invalidArgument(
    `${what} must be an integer from ${MIN_CAPACITY} to ${MAX_CAPACITY}; it is ${String(capacity)}.`,
  )
}
