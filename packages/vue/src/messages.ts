import {
  checkReceived,
  keptPayload,
  latestMessage,
  type Protocol,
  type ReceiveName,
  type ReceivePayload,
  type SharedChannel,
  Store,
} from '@shared-channel/core'
import { shallowReadonly, shallowRef } from 'vue'
import { type Presence, usePresence } from './presence.ts'
import { onRelease } from './scope.ts'
import type { SharedChannelResult } from './types.ts'

interface Messages<P extends Protocol> extends Pick<SharedChannelResult<P>, 'latest' | 'on'> {
  /** Hands on what this channel hands out, to its end: one that is closed empties its ring first. */
  from(channel: SharedChannel<P> | null): void
}

/**
 * Hands on what comes in over whichever channel is open: to components while they are shown.
 *
 * @param ofOwner The presence of the component that opens the channels: for what is not asked for by another one.
 */
export function messages<P extends Protocol>(protocol: () => P, ofOwner: Presence): Messages<P> {
  const current = new Store<SharedChannel<P> | null>(null)

  /** Has `attach` called with the channel, and with each one that comes in its place. */
  const follow = (attach: (channel: SharedChannel<P> | null) => () => void) => {
    let detach: (() => void) | undefined
    const stop = current.subscribe((channel) => {
      detach?.()
      detach = attach(channel)
    })
    return () => {
      stop()
      detach?.()
    }
  }

  return {
    from: (channel) => {
      current.set(channel)
      void channel?.closed.then(() => {
        if (current.get() === channel) current.set(null)
      })
    },

    on: (type, handler) => {
      checkReceived(protocol(), type)
      const presence = usePresence(ofOwner)
      let isOver = false
      const stop = follow((channel) => {
        if (channel === null || channel.isClosed) return () => {}
        const keep = keptPayload(channel.protocol, type)
        return channel.on(type, (data) => {
          if (presence.get()) return handler(data)
          const kept = keep(data)
          presence.wait(() => isOver || handler(kept))
        })
      })
      return onRelease(() => {
        isOver = true
        stop()
      })
    },

    latest: <Name extends ReceiveName<P>>(type: Name) => {
      checkReceived(protocol(), type)
      const presence = usePresence(ofOwner)
      const shown = shallowRef<ReceivePayload<P, Name>>()
      let newest: ReceivePayload<P, Name> | undefined
      const show = () => {
        if (presence.get()) shown.value = newest
      }
      const stop = follow((channel) =>
        latestMessage(channel, type).subscribe((data) => {
          newest = data
          show()
        }),
      )
      onRelease(stop)
      onRelease(presence.subscribe(show))
      return shallowReadonly(shown)
    },
  }
}
