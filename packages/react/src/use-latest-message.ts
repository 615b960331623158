import {
  latestMessage,
  type MessageSource,
  type Protocol,
  type ReceiveName,
  type ReceivePayload,
} from '@shared-channel/core'
import { useMemo } from 'react'
import { useReadable } from './use-readable.ts'

/**
 * The newest message of one type, rendered at most once a frame, however many come.
 *
 * @param channel May be null or closed: nothing comes then. Another channel begins anew.
 * @param type The message's name in the protocol. Of views of shared memory (`bytes({ view: true })`) it is a copy.
 * @returns The message's payload; `undefined` before the first.
 * @throws SharedChannelError (to the next error boundary) `INVALID_ARGUMENT` for an unknown name.
 * @example
 * const level = useLatestMessage(camera.channel, 'level')
 * return <meter value={level ?? 0} />
 */
export function useLatestMessage<P extends Protocol, Name extends ReceiveName<P>>(
  channel: MessageSource<P> | null,
  type: Name,
): ReceivePayload<P, Name> | undefined {
  return useReadable(useMemo(() => latestMessage(channel, type), [channel, type]))
}
