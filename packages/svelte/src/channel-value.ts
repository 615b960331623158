import type { ConnectionState, Protocol } from '@shared-channel/core'
import type { SharedChannelMethods, SharedChannelOptions, SharedChannelValue } from './types.ts'

/** What the store shows of a state. */
export function channelValue<P extends Protocol>(
  state: ConnectionState<P>,
  methods: SharedChannelMethods<P>,
  throwOnError: SharedChannelOptions<P>['throwOnError'] = false,
): SharedChannelValue<P> {
  const { status, error } = state
  const value = { ...state, ...methods }
  if (status !== 'error' || !(typeof throwOnError === 'function' ? throwOnError(error) : throwOnError)) return value
  // A boundary hears of what is thrown while something is rendered: by whoever reads this, not by whoever changes the store.
  const failing = {
    get() {
      throw error
    },
  }
  return Object.defineProperties(value, { status: failing, error: failing, channel: failing })
}
