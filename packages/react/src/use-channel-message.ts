import type { MessageHandler, MessageSource, Protocol, ReceiveName, ReceivePayload } from '@shared-channel/core'
import { useEffect } from 'react'
import { useLatest } from './use-latest.ts'

/**
 * Calls a handler with each message of one type while the component is mounted; nothing is rendered for it. It is always the
 * handler of the last render that is called, and giving another one neither loses nor repeats a message.
 *
 * A channel takes nothing from its ring before its first consumer. So components that come up together with the open channel
 * miss nothing, whatever types they want; a component that comes up later gets what comes from then on.
 *
 * @param channel May be null or closed: nothing comes then.
 * @param type The message's name in the protocol.
 * @param handler Called in order; see `SharedChannel.on`, also for what it may return and where go the errors that it throws.
 * @throws SharedChannelError (to the next error boundary) `INVALID_ARGUMENT` for an unknown name.
 * @example
 * useChannelMessage(camera.channel, 'frame', (pixels) => draw(canvas.current, pixels))
 */
export function useChannelMessage<P extends Protocol, Name extends ReceiveName<P>>(
  channel: MessageSource<P> | null,
  type: Name,
  handler: MessageHandler<ReceivePayload<P, Name>>,
): void {
  const latest = useLatest(handler)
  useEffect(() => {
    if (channel === null || channel.isClosed) return
    return channel.on(type, (data) => latest.current(data))
  }, [channel, type, latest])
}
