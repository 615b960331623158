// How a plugin is opened, and the checks of what it is opened with.
import { isAbsolute, resolve } from 'node:path'
import { isValidCapacity, MAX_CAPACITY, MIN_CAPACITY, SharedChannelError } from '@shared-channel/core'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A line that a plugin logged. */
export interface LogLine {
  readonly level: LogLevel
  readonly text: string
}

/** How to open a plugin. */
export interface OpenPluginOptions {
  /** Bytes of the ring to the plugin, 4 KiB to 1 GiB, rounded up to a power of two. Default 512 KiB. */
  sendCapacity?: number
  /** Bytes of the ring from the plugin, 4 KiB to 1 GiB, rounded up to a power of two. Default 512 KiB. */
  receiveCapacity?: number
  /** Anything JSON can hold; the plugin gets it as JSON text. */
  options?: unknown
  /** Milliseconds between calls of the plugin's `update`; 0: never. Default 0, and 10 for plugins of plugin_interface.h. */
  updateInterval?: number
  /** How long a plugin may take to return once it is told to stop, in milliseconds. Default 2,000. */
  shutdownTimeout?: number
  /**
   * Where the plugin runs. `'thread'`: in this process, where a plugin that crashes takes the application with it.
   * `'process'`: in a process of its own, which ends with the application. Default `'thread'`.
   */
  isolation?: 'thread' | 'process'
  /**
   * Only with `isolation: 'process'`: the longest that one call into the plugin may take (`initialize`, `on_message`, …,
   * `exchange`), in milliseconds from 1 on; time in which it waits for JavaScript to make room does not count. The process
   * of a plugin that takes longer is ended. Default: no limit.
   */
  hangTimeout?: number
  /**
   * Only with `isolation: 'process'`. `'on-crash'`: a plugin whose process has ended unasked is started again, and its
   * channel goes on; see `plugin.on('restart', …)`. Default `'never'`: the channel closes with `PEER_LOST`.
   */
  restart?: 'never' | 'on-crash'
  /** Allows a relative path, taken from the current folder. Default false: what a path means should not depend on it. */
  allowRelative?: boolean
  /** Gives up opening: the promise rejects with its `reason`, and the plugin is stopped. No effect once it is open. */
  signal?: AbortSignal
  /** Gets the lines that the plugin logs. Default: the console. */
  onLog?: (line: LogLine) => void
}

export const DEFAULT_CAPACITY = 512 * 1024
export const DEFAULT_SHUTDOWN_TIMEOUT = 2000
const LONGEST_TIME = 2 ** 31 - 1
const EXTENSION =
  ({ darwin: '.dylib', win32: '.dll' } as Partial<Record<NodeJS.Platform, string>>)[process.platform] ?? '.so'

/** The library's file. Throws `INVALID_ARGUMENT` for a path that is none, or relative without leave. */
export function libraryPath(path: string, allowRelative: boolean): string {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `The path of a plugin must be a string; it is ${JSON.stringify(path)}.`,
    )
  }
  if (!isAbsolute(path) && !allowRelative) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `The path of a plugin must be absolute; it is "${path}". Use path.resolve, or set allowRelative.`,
    )
  }
  const absolute = resolve(path)
  return /\.[^./\\]+$/.test(absolute) ? absolute : absolute + EXTENSION
}

/** A capacity as rings have it: rounded up to a power of two, at least 4 KiB. Throws `INVALID_ARGUMENT`. */
export function checkCapacity(name: string, value: number = DEFAULT_CAPACITY): number {
  if (typeof value !== 'number' || !(value > 0 && value <= MAX_CAPACITY)) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `${name} must be a number of bytes up to ${MAX_CAPACITY} (1 GiB); it is ${String(value)}.`,
    )
  }
  const capacity = Math.max(MIN_CAPACITY, 2 ** Math.ceil(Math.log2(value)))
  if (!isValidCapacity(capacity))
    throw new SharedChannelError('INVALID_ARGUMENT', `${name} ${value} cannot be rounded.`)
  return capacity
}

/** Whole milliseconds, rounded up. Throws `INVALID_ARGUMENT` for what is no time. */
export function checkTime<Otherwise>(
  name: string,
  value: number | undefined,
  otherwise: Otherwise,
): number | Otherwise {
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || !(value >= 0 && value <= LONGEST_TIME)) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `${name} must be milliseconds from 0 to ${LONGEST_TIME}; it is ${String(value)}.`,
    )
  }
  return Math.ceil(value)
}

/** The plugin's `options` as JSON text. Throws `INVALID_ARGUMENT` for what JSON cannot hold. */
export function optionsJson(options: unknown): string {
  if (options === undefined) return 'null'
  try {
    const json: string | undefined = JSON.stringify(options)
    if (json !== undefined) return json
  } catch (cause) {
    throw new SharedChannelError('INVALID_ARGUMENT', 'options must be a value that JSON can hold.', { cause })
  }
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `options must be a value that JSON can hold; it is a ${typeof options}.`,
  )
}

/** One of the choices of an option, the first when none was made. Throws `INVALID_ARGUMENT`. */
export function checkChoice<Choice extends string>(
  name: string,
  value: Choice | undefined,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  if (value === undefined) return choices[0]
  if (choices.includes(value)) return value
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `${name} must be ${choices.map((choice) => `'${choice}'`).join(' or ')}; it is ${JSON.stringify(value)}.`,
  )
}

/** How a plugin runs in a process of its own, or not. */
export interface Isolation {
  readonly isOutside: boolean
  readonly hangTimeout: number | undefined
  readonly restarts: boolean
}

/** Throws `INVALID_ARGUMENT` for a choice that is none, or what a thread cannot do. */
export function checkIsolation(options: OpenPluginOptions): Isolation {
  const isOutside = checkChoice('isolation', options.isolation, ['thread', 'process']) === 'process'
  const hangTimeout = checkTime('hangTimeout', options.hangTimeout, undefined)
  const restarts = checkChoice('restart', options.restart, ['never', 'on-crash']) === 'on-crash'
  if (hangTimeout === 0) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      'hangTimeout must be milliseconds from 1 on; leave it away for none.',
    )
  }
  if (!isOutside && (hangTimeout !== undefined || restarts)) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `${restarts ? 'restart' : 'hangTimeout'} needs isolation: 'process'; a thread of this process cannot be ended.`,
    )
  }
  return { isOutside, hangTimeout, restarts }
}
