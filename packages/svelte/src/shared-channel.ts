import {
  type Connection,
  type ConnectionState,
  Connections,
  checkReceived,
  latestMessage,
  type Protocol,
  type ReceiveName,
  SharedChannelError,
} from '@shared-channel/core'
import { derived, get, readable } from 'svelte/store'
import { channelValue } from './channel-value.ts'
import { keyedOptions } from './keyed-options.ts'
import { sharedConnections } from './share-channels.ts'
import type { OptionsSource, SharedChannelMethods, SharedChannelOptions, SharedChannelStore } from './types.ts'

/**
 * A channel as a store: opened for the first subscriber, released after the last, opened anew when the key changes. On a
 * server it stays `'connecting'`.
 *
 * @param options What to open: options, a function that reads them from state, or a store of them.
 * @returns A store of `{ status, error, channel, send, reconnect, close }`, which has the methods itself, too.
 * @throws SharedChannelError (from `send`) `CLOSED` while no channel is open; what `SharedChannel.send` throws.
 * @example
 * <script>
 *   const camera = sharedChannel(() => ({
 *     key: ['camera', size],
 *     connect: (signal) => connect('camera', { signal }),
 *     protocol: Camera,
 *   }))
 *   const level = camera.latest('level')
 * </script>
 * {$camera.status} <meter value={$level ?? 0}></meter>
 */
export function sharedChannel<P extends Protocol>(options: OptionsSource<P>): SharedChannelStore<P> {
  const source = keyedOptions(options)
  const connections = sharedConnections() ?? new Connections()
  /** Those of the newest key, since the first subscriber. */
  let connection: Connection<P> | undefined
  let throwOnError: SharedChannelOptions<P>['throwOnError']

  const state = readable<ConnectionState<P>>({ status: 'connecting', error: null, channel: null }, (set) => {
    if (typeof window === 'undefined') return // a server that renders may never unsubscribe
    let openKey: string | undefined
    let leave = () => {}
    const stop = source.subscribe(({ options, text }) => {
      throwOnError = options.throwOnError
      if (connection === undefined || text !== openKey) {
        openKey = text
        leave()
        // By its text: state in the key is not to be followed by the effect of whoever subscribes.
        connection = connections.get(JSON.parse(text), options)
        leave = connection.subscribe(set)
      }
      connection.options = options
    })
    return () => {
      stop()
      leave()
    }
  })

  const methods: SharedChannelMethods<P> = {
    send: (type, payload) => {
      if (connection !== undefined) return connection.send(type, payload)
      throw new SharedChannelError(
        'CLOSED',
        'There is no open channel to send over: nobody is subscribed to the store.',
      )
    },
    reconnect: () => connection?.reconnect(),
    close: async () => connection?.close(),
  }

  const check = (type: ReceiveName<P>) => checkReceived(get(source).options.protocol, type)

  return {
    ...methods,
    subscribe: derived(state, (state) => channelValue(state, methods, throwOnError)).subscribe,
    latest: (type) => {
      check(type)
      return derived(state, ({ channel }, set) => latestMessage(channel, type).subscribe(set))
    },
    on: (type, handler) => {
      check(type)
      let leave: (() => void) | undefined
      const stop = state.subscribe(({ channel }) => {
        leave?.()
        leave = channel === null || channel.isClosed ? undefined : channel.on(type, handler)
      })
      return () => {
        stop()
        leave?.()
      }
    },
  }
}
