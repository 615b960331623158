import { SharedChannelError } from './errors.ts'
import { defaultReceiveBudget } from './host.ts'
import { CALL_HEAD_SIZE } from './layout.ts'

/** Settings of a {@link SharedChannel}. */
export interface ChannelOptions {
  /** Largest message, in bytes, that is sent or received; up to 4 GiB - 9. Default 1 GiB. */
  maxMessageBytes?: number
  /** How many bytes may wait for room in the ring before `send` throws `QUEUE_FULL`. One message always may. Default 64 MiB. */
  maxQueueBytes?: number
  /**
   * How long one batch of received messages may keep the event loop, in milliseconds. Default 4 in a page and in
   * Electron's main process, 10 elsewhere.
   */
  receiveBudget?: number
  /** How long `close` waits for queued messages and for the other side to take them, in milliseconds. Default 1,000. */
  closeTimeout?: number
}

const DEFAULTS = {
  maxMessageBytes: 1024 ** 3,
  maxQueueBytes: 64 * 1024 ** 2,
  closeTimeout: 1000,
}
/** The largest values: of a length on the wire, and of a timer. */
const LIMITS: ChannelOptions = { maxMessageBytes: 2 ** 32 - 1 - CALL_HEAD_SIZE, closeTimeout: 2 ** 31 - 1 }

/** The options with their defaults; throws `INVALID_ARGUMENT` for one that cannot be. */
export function checkOptions(options: ChannelOptions): Required<ChannelOptions> {
  const checked: Required<ChannelOptions> = { ...DEFAULTS, receiveBudget: defaultReceiveBudget() }
  for (const name of Object.keys(checked) as (keyof ChannelOptions)[]) {
    const value = options[name]
    if (value === undefined) continue
    const limit = LIMITS[name] ?? Number.MAX_SAFE_INTEGER
    if (typeof value !== 'number' || !(value >= 0 && value <= limit)) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        `${name} must be a number from 0 to ${limit}; it is ${String(value)}.`,
      )
    }
    checked[name] = value
  }
  return checked
}
