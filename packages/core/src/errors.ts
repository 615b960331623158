/** What can go wrong, as stable names. docs/errors.md has a paragraph for each. */
export type SharedChannelErrorCode =
  | 'CLOSED'
  | 'PEER_LOST'
  | 'TIMEOUT'
  | 'MESSAGE_TOO_LARGE'
  | 'QUEUE_FULL'
  | 'CORRUPT'
  | 'VERSION_MISMATCH'
  | 'PLUGIN_NOT_FOUND'
  | 'PLUGIN_LOAD_FAILED'
  | 'PLUGIN_ABI_MISMATCH'
  | 'PLUGIN_INIT_FAILED'
  | 'PLUGIN_ERROR'
  | 'REMOTE_ERROR'
  | 'INVALID_ARGUMENT'
  | 'NOT_SUPPORTED'
  | 'OUT_OF_MEMORY'

const CODES: Readonly<Record<SharedChannelErrorCode, true>> = {
  CLOSED: true,
  PEER_LOST: true,
  TIMEOUT: true,
  MESSAGE_TOO_LARGE: true,
  QUEUE_FULL: true,
  CORRUPT: true,
  VERSION_MISMATCH: true,
  PLUGIN_NOT_FOUND: true,
  PLUGIN_LOAD_FAILED: true,
  PLUGIN_ABI_MISMATCH: true,
  PLUGIN_INIT_FAILED: true,
  PLUGIN_ERROR: true,
  REMOTE_ERROR: true,
  INVALID_ARGUMENT: true,
  NOT_SUPPORTED: true,
  OUT_OF_MEMORY: true,
}

/** Is this the name of an error of ours? For what another process says. */
export const isErrorCode = (code: unknown): code is SharedChannelErrorCode =>
  typeof code === 'string' && Object.hasOwn(CODES, code)

const BRAND = Symbol.for('shared-channel.error')

/**
 * Every error of Shared Channel. Tell them apart by `code`; the message says what was wrong, what was expected and what
 * to do.
 *
 * `instanceof` also holds for errors of another copy of this package (ESM beside CommonJS).
 *
 * @example
 * try {
 *   await openPlugin('/abs/libcamera')
 * } catch (error) {
 *   if (error instanceof SharedChannelError && error.code === 'PLUGIN_NOT_FOUND') buildItFirst()
 * }
 */
export class SharedChannelError extends Error {
  /** What went wrong, as a stable name. */
  readonly code: SharedChannelErrorCode

  /**
   * @param code What went wrong, as a stable name.
   * @param message What was wrong, what was expected, what to do.
   * @param options `cause`: the error beneath.
   */
  constructor(code: SharedChannelErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'SharedChannelError'
    this.code = code
    Object.defineProperty(this, BRAND, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }
}

export function invalidArgument(message: string): SharedChannelError {
  return new SharedChannelError('INVALID_ARGUMENT', message)
}

export function outOfMemory(size: number, cause: unknown): SharedChannelError {
  return new SharedChannelError('OUT_OF_MEMORY', `There is no memory for ${size} bytes. Send less at once.`, { cause })
}

/** The other side cannot be trusted: the channel ends. */
export function corrupt(found: string): SharedChannelError {
  return new SharedChannelError('CORRUPT', `The other side wrote ${found}. Open a new channel.`)
}

/** A view of memory that was detached, transferred or made smaller throws when it is used. */
export function memoryIsGone(cause: unknown): SharedChannelError {
  return new SharedChannelError('CORRUPT', 'The shared memory was detached or resized. Leave link.memory alone.', {
    cause,
  })
}
