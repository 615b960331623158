import type { SharedChannel } from './channel.ts'
import { inNextFrame } from './frame.ts'
import { keptPayload } from './kept-payload.ts'
import type { Protocol, ReceiveName, ReceivePayload } from './protocol.ts'
import { type Readable, Store } from './store.ts'

/** What hands out messages: a channel, or what a test has in its place. */
export type MessageSource<P extends Protocol> = Pick<SharedChannel<P>, 'protocol' | 'isClosed' | 'on'>

/**
 * The newest message of one type, for whoever shows it: told at most once a frame, however many come. It is a consumer of the
 * channel while it has a subscriber. In a window that nobody sees there are no frames; it is told when there are again.
 *
 * @param channel Null gives a value that never changes.
 * @param type The message's name in the protocol. Of views of shared memory (`bytes({ view: true })`) it keeps a copy.
 * @returns The value; `undefined` before the first message.
 * @throws SharedChannelError (from `subscribe`) `INVALID_ARGUMENT` for an unknown name.
 * @example
 * const level = latestMessage(channel, 'level')
 * const leave = level.subscribe((value) => (meter.value = value ?? 0))
 */
export function latestMessage<P extends Protocol, Name extends ReceiveName<P>>(
  channel: MessageSource<P> | null,
  type: Name,
): Readable<ReceivePayload<P, Name> | undefined> {
  return new Store<ReceivePayload<P, Name> | undefined>(undefined, (set) => {
    if (channel === null || channel.isClosed) return () => {}
    const keep = keptPayload(channel.protocol, type)
    let latest: ReceivePayload<P, Name>
    let cancel: (() => void) | undefined
    const leave = channel.on(type, (data) => {
      latest = keep(data)
      cancel ??= inNextFrame(() => {
        cancel = undefined
        set(latest)
      })
    })
    return () => {
      leave()
      cancel?.()
    }
  })
}
