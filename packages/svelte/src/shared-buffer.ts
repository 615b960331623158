import {
  type BufferSource,
  type LatestBuffer,
  latestBuffer,
  type SharedBufferReceivedEvent,
} from '@shared-channel/core'
import { type Readable, readable } from 'svelte/store'

/**
 * The buffer that came last, of those that are wanted, as a store. It is released when the next one comes and when
 * the last subscriber leaves; `bytes` is empty then.
 *
 * @param receiver Null gives a store that stays null.
 * @param wants Whether a buffer is for this store; by default all are. Each buffer is for one taker: where several look at
 *   one receiver, let their functions exclude each other.
 * @returns A store; null while there is no buffer.
 * @example
 * const picture = sharedBuffer(sharedBuffers, ({ additionalData }) => isPicture(additionalData))
 */
export function sharedBuffer(
  receiver: BufferSource | null,
  wants?: (event: SharedBufferReceivedEvent) => boolean,
): Readable<LatestBuffer | null> {
  return readable<LatestBuffer | null>(null, (set) => latestBuffer(receiver, wants).subscribe(set))
}
