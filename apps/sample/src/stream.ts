import { type SharedChannel, SharedChannelError } from '@shared-channel/core'
import { StreamCheck } from './pattern.ts'
import type { Sample } from './protocol.ts'

/** What to ask for. */
export interface StreamOrder {
  readonly blocks: number
  /** At most half the ring from the plugin, less 16. */
  readonly blockBytes: number
  /** 0 to 4,294,967,295. */
  readonly seed: number
}

/** What came of it. */
export interface StreamResult {
  readonly bytes: number
  readonly seconds: number
  /** Whether each byte was as it should be, and none was missing. */
  readonly isRight: boolean
}

/**
 * Has the plugin send a stream, and checks each byte of it. One at a time for a channel.
 *
 * @param onProgress Called with the bytes so far, for each block.
 * @throws The reason why the channel closed before the end, or `CLOSED`; what `SharedChannel.send` throws.
 * @example
 * const { isRight } = await checkStream(channel, { blocks: 1000, blockBytes: 65_536, seed: 7 })
 */
export async function checkStream(
  channel: SharedChannel<typeof Sample>,
  order: StreamOrder,
  onProgress: (bytes: number) => void = () => {},
): Promise<StreamResult> {
  const check = new StreamCheck(order.seed)
  const start = performance.now()
  const taps: (() => void)[] = []
  try {
    const end = new Promise<{ blocks: number; checksum: number }>((resolve, reject) => {
      taps.push(
        channel.on('block', (block) => {
          check.add(block)
          onProgress(check.bytes)
        }),
        channel.on('streamed', resolve),
      )
      channel.closed.then(({ reason }) => reject(reason ?? new SharedChannelError('CLOSED', 'The channel was closed.')))
      channel.send('stream', order)
    })
    const isRight = check.isRight(await end)
    return { bytes: check.bytes, seconds: (performance.now() - start) / 1000, isRight }
  } finally {
    for (const stop of taps) stop()
  }
}
