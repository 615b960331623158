// How a plugin is opened, and the checks of what it is opened with.
import { isValidCapacity, MAX_CAPACITY, MIN_CAPACITY, SharedChannelError } from '@shared-channel/core'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A line that a plugin logged, or printed. */
export interface LogLine {
  readonly level: LogLevel
  readonly text: string
}

/** How to open a plugin. Names and defaults are those of `openPlugin` of @shared-channel/native. */
export interface OpenWasmPluginOptions {
  /** Bytes of the ring to the plugin, 4 KiB to 1 GiB, rounded up to a power of two. Default 512 KiB. */
  sendCapacity?: number
  /** Bytes of the ring from the plugin, 4 KiB to 1 GiB, rounded up to a power of two. Default 512 KiB. */
  receiveCapacity?: number
  /** Anything JSON can hold; the plugin gets it as JSON text. */
  options?: unknown
  /** Milliseconds between calls of the plugin's `update`; 0: never. Default 0. */
  updateInterval?: number
  /** How long a plugin may take to return once it is told to stop, in milliseconds; then its worker is ended. Default 2,000. */
  shutdownTimeout?: number
  /** Gives up opening: the promise rejects with its `reason`, and the plugin is stopped. No effect once it is open. */
  signal?: AbortSignal
  /** Gets the lines that the plugin logs. Default: the console. */
  onLog?: (line: LogLine) => void
  /**
   * The worker's script, for pages whose Content Security Policy has no `worker-src blob:`. The address of a copy of
   * `@shared-channel/browser/worker`, or a function that makes a worker of it. Default: the script within this package, by a
   * Blob URL.
   */
  worker?: string | URL | (() => Worker)
}

const DEFAULT_CAPACITY = 512 * 1024
const DEFAULT_SHUTDOWN_TIMEOUT = 2000
const LONGEST_TIME = 2 ** 31 - 1

/** The options, checked and complete. */
export interface CheckedOptions {
  readonly capacities: readonly [number, number]
  readonly options: string
  readonly updateInterval: number
  readonly shutdownTimeout: number
  readonly signal: AbortSignal | undefined
  readonly onLog: ((line: LogLine) => void) | undefined
  readonly worker: string | URL | (() => Worker) | undefined
}

/** Throws `INVALID_ARGUMENT`. */
export function checkOptions(options: OpenWasmPluginOptions): CheckedOptions {
  return {
    capacities: [
      checkCapacity('sendCapacity', options.sendCapacity),
      checkCapacity('receiveCapacity', options.receiveCapacity),
    ],
    options: optionsJson(options.options),
    updateInterval: checkTime('updateInterval', options.updateInterval, 0),
    shutdownTimeout: checkTime('shutdownTimeout', options.shutdownTimeout, DEFAULT_SHUTDOWN_TIMEOUT),
    signal: options.signal,
    onLog: options.onLog,
    worker: options.worker,
  }
}

function checkCapacity(name: string, value: number = DEFAULT_CAPACITY): number {
  const capacity = Math.max(MIN_CAPACITY, 2 ** Math.ceil(Math.log2(value)))
  if (typeof value === 'number' && value > 0 && isValidCapacity(capacity)) return capacity
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `${name} must be a number of bytes up to ${MAX_CAPACITY} (1 GiB); it is ${String(value)}.`,
  )
}

/** Whole milliseconds, rounded up. */
function checkTime(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  if (typeof value === 'number' && value >= 0 && value <= LONGEST_TIME) return Math.ceil(value)
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `${name} must be milliseconds from 0 to ${LONGEST_TIME}; it is ${String(value)}.`,
  )
}

function optionsJson(options: unknown): string {
  if (options === undefined) return 'null'
  let json: string | undefined
  try {
    json = JSON.stringify(options)
  } catch (cause) {
    throw new SharedChannelError('INVALID_ARGUMENT', 'options must be a value that JSON can hold.', { cause })
  }
  if (json !== undefined) return json
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `options must be a value that JSON can hold; it is a ${typeof options}.`,
  )
}
