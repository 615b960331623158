import type { Connection, ConnectionKey, ConnectionOptions, ConnectionState, Protocol } from '@shared-channel/core'
import { useInsertionEffect, useMemo, useSyncExternalStore } from 'react'
import { useConnections } from './shared-channel-provider.ts'

export interface SharedChannelOptions<P extends Protocol> extends ConnectionOptions<P> {
  /** What tells this channel from others. When it has another value, the channel is closed and the one of that key opened. */
  readonly key: ConnectionKey
  /**
   * Whether an error that leaves the status `'error'` is thrown while rendering, to the next error boundary; a function decides
   * by the error. Default false.
   */
  readonly throwOnError?: boolean | ((error: unknown) => boolean) | undefined
}

/** Where the channel is, and what can be done with it. The same object until something changes; the functions are always the same for a key. */
export interface SharedChannelResult<P extends Protocol>
  extends ConnectionState<P>,
    Pick<Connection<P>, 'send' | 'reconnect' | 'close'> {}

/** Also of what is hydrated late, when others have opened the channel already: it must show what the server has rendered. */
const ON_SERVER = Object.freeze({ status: 'connecting', error: null, channel: null })
const getServerState = () => ON_SERVER

/**
 * A channel that is open while this component is mounted. Below a `SharedChannelProvider` all components with the same key share
 * one; else it is this component's own.
 *
 * Opening begins after the first commit: never on a server, nor for a component that is suspended before it came up. Options may
 * be made anew in each render; the newest count at the next attempt to connect, and only `key` opens another channel.
 *
 * @param options `key`, `connect` and `protocol`; `retry`, `retryDelay`, `channelOptions`, `throwOnError`.
 * @returns `status`: `'connecting'`, `'open'`, `'closed'` or `'error'`; `error`: why the last attempt failed, or null; `channel`: the
 *   open channel, or null; `send`, which throws `CLOSED` while there is none; `reconnect`; `close`.
 * @throws The error of the connection, as `throwOnError` says.
 * @example
 * const camera = useSharedChannel({
 *   key: ['camera', size],
 *   connect: (signal) => connect('camera', { signal }),
 *   protocol: Camera,
 * })
 */
export function useSharedChannel<P extends Protocol>(options: SharedChannelOptions<P>): SharedChannelResult<P> {
  const connection = useConnections().get(options.key, options)
  // Before the effects that subscribe, and so connect.
  useInsertionEffect(() => {
    connection.options = options
  })
  const { subscribe, get, send, reconnect, close } = connection
  const state = useSyncExternalStore<ConnectionState<P>>(subscribe, get, getServerState)
  const { throwOnError } = options
  if (state.status === 'error' && (typeof throwOnError === 'function' ? throwOnError(state.error) : throwOnError)) {
    throw state.error
  }
  return useMemo(() => ({ ...state, send, reconnect, close }), [state, send, reconnect, close])
}
