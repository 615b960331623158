// Errors on their way between worlds and processes, where an Error would lose its code.
import { isErrorCode, SharedChannelError, type SharedChannelErrorCode } from '@shared-channel/core'

/** What is left of an error on its way. */
export interface PlainError {
  readonly code: SharedChannelErrorCode
  readonly message: string
  readonly cause?: PlainError
}

/** How many causes go along: one that is its own cause has no end. */
const MAX_CAUSES = 4

/** Of an error that is not ours only the message is left, as `REMOTE_ERROR`. */
export const packError = (error: unknown): PlainError => pack(error, MAX_CAUSES)

/** The error again. The value is from another world or process and may be anything. */
export const unpackError = (value: unknown): SharedChannelError => unpack(value, MAX_CAUSES)

function pack(error: unknown, causes: number): PlainError {
  const code = error instanceof SharedChannelError ? error.code : 'REMOTE_ERROR'
  const message = error instanceof Error ? error.message : String(error)
  const cause = error instanceof Error ? error.cause : undefined
  return { code, message, ...(cause !== undefined && causes > 0 && { cause: pack(cause, causes - 1) }) }
}

function unpack(value: unknown, causes: number): SharedChannelError {
  const { code, message, cause } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  return new SharedChannelError(
    isErrorCode(code) ? code : 'REMOTE_ERROR',
    typeof message === 'string' ? message : 'The other side told of an error without a text.',
    cause !== undefined && causes > 0 ? { cause: unpack(cause, causes - 1) } : {},
  )
}

/** What came of a call into another world. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: PlainError }

export function outcomeOf<Value>(call: () => Value): Outcome<Value> {
  try {
    return { value: call() }
  } catch (error) {
    return { error: packError(error) }
  }
}

export async function outcomeOfAsync<Value>(call: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await call() }
  } catch (error) {
    return { error: packError(error) }
  }
}

/** @throws What the call has thrown in the other world. */
export function unwrap<Value>(outcome: Outcome<Value>): Value {
  if ('error' in outcome) throw unpackError(outcome.error)
  return outcome.value
}
