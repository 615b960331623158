import { Connection, keyText, type Protocol } from '@shared-channel/core'
import { markRaw, toValue, watch, watchEffect } from 'vue'
import { channelRefs } from './channel-refs.ts'
import { connectionOptions, resolve } from './connection-options.ts'
import { messages } from './messages.ts'
import { usePresence } from './presence.ts'
import { onClient, onRelease } from './scope.ts'
import { sharedConnections } from './shared-channels.ts'
import type { SharedChannelOptions, SharedChannelResult } from './types.ts'

/**
 * A channel that is open from the setup of this component, or the start of this scope, to its end. With the plugin
 * `sharedChannels()` all components that use the same key share one; else it is this component's own.
 *
 * On a server nothing is opened. A component that is deactivated (by `<KeepAlive>`) keeps its channel: one of its own is paused, so
 * that the sender feels the back-pressure.
 *
 * @param options `key`, `connect` and `protocol`; `retry`, `retryDelay`, `channelOptions`, `throwOnError`. Refs or getters.
 * @returns `status`: `'connecting'`, `'open'`, `'closed'` or `'error'`; `error`: why the last attempt failed, or null; `channel`: the
 *   open channel, or null; `send`, which throws `CLOSED` while there is none; `reconnect`; `close`; `latest`; `on`.
 * @example
 * const { status, send, on, latest } = useSharedChannel({
 *   key: () => ['camera', props.size],
 *   connect: (signal) => connect('camera', { signal }),
 *   protocol: Camera,
 * })
 * const level = latest('level')
 * on('frame', (pixels) => draw(canvas.value, pixels))
 */
export function useSharedChannel<P extends Protocol>(options: SharedChannelOptions<P>): SharedChannelResult<P> {
  const presence = usePresence()
  const shared = sharedConnections()
  const ofConnection = connectionOptions(options)
  let connection = new Connection(ofConnection)
  const [refs, show] = channelRefs<P>()
  const { from, ...ofMessages } = messages(() => toValue(options.protocol), presence)

  let leave: (() => void) | undefined
  let resume: (() => void) | undefined
  /** Others may have consumers on a channel that is shared; one of this component's own waits for it. */
  const pauseWhileAside = () => {
    resume?.()
    resume = undefined
    if (shared === undefined && !presence.get()) resume = refs.channel.value?.pause()
  }
  const open = () => {
    if (shared !== undefined) {
      connection = shared.get(toValue(options.key), ofConnection)
      connection.options = ofConnection // whoever came before may have left
    }
    leave = connection.subscribe((next) => {
      if (next.channel !== null) from(markRaw(next.channel))
      show(next)
      pauseWhileAside()
    })
  }
  const reopen = () => {
    if (leave === undefined) return // not opened yet
    from(null) // what the channel still has to say belongs to another key
    leave()
    open()
  }
  presence.subscribe(pauseWhileAside)
  watch(() => keyText(toValue(options.key)), reopen)
  watchEffect(() => {
    const { status, error } = refs
    if (status.value === 'error' && resolve(options.throwOnError ?? false, error.value)) throw error.value
  })
  onRelease(() => {
    from(null)
    leave?.()
    show({ status: 'closed', error: null, channel: null })
  })
  onClient(open)

  return {
    ...refs,
    send: (type, payload) => connection.send(type, payload),
    reconnect: () => connection.reconnect(),
    close: () => connection.close(),
    ...ofMessages,
  }
}
