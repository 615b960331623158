import { checkNumber } from './checks.ts'
import { defaultReceiveBudget } from './host.ts'
import { CALL_HEAD_SIZE } from './layout.ts'
import { LONGEST_TIMEOUT } from './waiting.ts'

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

/** What a length on the wire can be. */
const LONGEST_MESSAGE = 2 ** 32 - 1 - CALL_HEAD_SIZE

/** The options with their defaults; throws `INVALID_ARGUMENT` for one that cannot be. */
export function checkOptions({
  maxMessageBytes = 1024 ** 3,
  maxQueueBytes = 64 * 1024 ** 2,
  receiveBudget = defaultReceiveBudget(),
  closeTimeout = 1000,
}: ChannelOptions): Required<ChannelOptions> {
  checkNumber('maxMessageBytes', maxMessageBytes, LONGEST_MESSAGE)
  checkNumber('maxQueueBytes', maxQueueBytes)
  checkNumber('receiveBudget', receiveBudget)
  checkNumber('closeTimeout', closeTimeout, LONGEST_TIMEOUT)
  return { maxMessageBytes, maxQueueBytes, receiveBudget, closeTimeout }
}
