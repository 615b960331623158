import { type ChannelStats, type Protocol, type SharedChannel, Store } from '@shared-channel/core'
import { useMemo } from 'react'
import { useReadable } from './use-readable.ts'

/**
 * What a channel has done so far, looked at again and again while the component is mounted, and rendered when it has changed.
 *
 * @param channel May be null.
 * @param options `interval`: milliseconds from one look to the next, default 1,000.
 * @returns The numbers; null without a channel, and before the first look, which follows the first render.
 * @example
 * const stats = useChannelStats(camera.channel, { interval: 500 })
 * return <output>{stats?.receivedMessages ?? 0} messages</output>
 */
export function useChannelStats<P extends Protocol>(
  channel: Pick<SharedChannel<P>, 'stats'> | null,
  { interval = 1000 }: { readonly interval?: number | undefined } = {},
): ChannelStats | null {
  return useReadable(useMemo(() => channelStats(channel, interval), [channel, interval]))
}

const channelStats = (channel: Pick<SharedChannel<Protocol>, 'stats'> | null, interval: number) => {
  const store = new Store<ChannelStats | null>(null, (set) => {
    if (channel === null) return () => {}
    const look = () => {
      const stats = channel.stats()
      if (!isSame(store.get(), stats)) set(stats)
    }
    look()
    const timer = setInterval(look, interval)
    return () => clearInterval(timer)
  })
  return store
}

const isSame = (a: ChannelStats | null, b: ChannelStats): boolean =>
  a !== null && (Object.keys(b) as (keyof ChannelStats)[]).every((name) => a[name] === b[name])
