import {
  type BufferSource,
  type LatestBuffer,
  latestBuffer,
  type SharedBufferReceivedEvent,
} from '@shared-channel/core'
import { type MaybeRefOrGetter, type ShallowRef, shallowReadonly, shallowRef, toRaw, toValue, watch } from 'vue'
import { onClient } from './scope.ts'

/**
 * The SharedBuffer that came last, of those that are wanted. It is released, once, when the next one comes, with another receiver,
 * and at the end of the scope: use `bytes` while it is the ref's value, and do not keep it.
 *
 * @param receiver May be null: nothing comes then.
 * @param wants Whether a buffer is for this component; by default all are. Each buffer is for one taker: where several
 *   components look at one receiver, let their functions exclude each other.
 * @returns The buffer's bytes and what its poster gave with it; null while there is none.
 * @example
 * const picture = useSharedBuffer(sharedBuffers, ({ additionalData }) => isPicture(additionalData))
 */
export function useSharedBuffer(
  receiver: MaybeRefOrGetter<BufferSource | null>,
  wants?: (event: SharedBufferReceivedEvent) => boolean,
): Readonly<ShallowRef<LatestBuffer | null>> {
  const buffer = shallowRef<LatestBuffer | null>(null)
  onClient(() => {
    watch(
      // A deep ref makes a proxy, which the private fields of a receiver do not know.
      () => toRaw(toValue(receiver)),
      (source, _, onCleanup) => {
        const leave = latestBuffer(source, wants).subscribe((latest) => {
          buffer.value = latest
        })
        onCleanup(() => {
          leave()
          buffer.value = null
        })
      },
      { immediate: true },
    )
  })
  return shallowReadonly(buffer)
}
