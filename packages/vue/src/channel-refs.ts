import type { ConnectionState, ConnectionStatus, Protocol, SharedChannel } from '@shared-channel/core'
import { shallowReadonly, shallowRef } from 'vue'
import type { SharedChannelResult } from './types.ts'

type Refs<P extends Protocol> = Pick<SharedChannelResult<P>, 'status' | 'error' | 'channel'>

/**
 * Where a channel is, as refs. They are not computed from one state: a computed ref holds what was last read, and so a channel
 * with its memory.
 *
 * @returns The refs, and how to change them.
 */
export function channelRefs<P extends Protocol>(): readonly [Refs<P>, show: (state: ConnectionState<P>) => void] {
  const status = shallowRef<ConnectionStatus>('connecting')
  const error = shallowRef<unknown>(null)
  const channel = shallowRef<SharedChannel<P> | null>(null)
  const refs = { status: shallowReadonly(status), error: shallowReadonly(error), channel: shallowReadonly(channel) }
  const show = (state: ConnectionState<P>) => {
    channel.value = state.channel
    error.value = state.error
    status.value = state.status // last, as this is what is looked at first
  }
  return [refs, show]
}
