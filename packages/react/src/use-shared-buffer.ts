import {
  type BufferSource,
  type LatestBuffer,
  latestBuffer,
  type SharedBufferReceivedEvent,
} from '@shared-channel/core'
import { useMemo } from 'react'
import { useLatest } from './use-latest.ts'
import { useReadable } from './use-readable.ts'

/**
 * The SharedBuffer that came last, of those that this component wants. It is released, once, when the next one comes and when
 * the component is unmounted: use `bytes` while it is what the hook returns, and do not keep it.
 *
 * @param receiver May be null: nothing comes then.
 * @param wants Whether a buffer is for this component; by default all are. Each buffer is for one taker: where several
 *   components look at one receiver, let their functions exclude each other.
 * @returns The buffer's bytes and what its poster gave with it; null while there is none.
 * @example
 * const picture = useSharedBuffer(sharedBuffers, ({ additionalData }) => isPicture(additionalData))
 */
export function useSharedBuffer(
  receiver: BufferSource | null,
  wants: (event: SharedBufferReceivedEvent) => boolean = () => true,
): LatestBuffer | null {
  const latest = useLatest(wants)
  return useReadable(useMemo(() => latestBuffer(receiver, (event) => latest.current(event)), [receiver, latest]))
}
