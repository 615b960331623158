import { type ConnectionOptions, type Connections, keyText } from '@shared-channel/core'
import { Suspense } from 'react'
import {
  SharedChannelProvider,
  useChannelMessage,
  useChannelRequest,
  useChannelStats,
  useLatestMessage,
  useSharedBuffer,
  useSharedChannel,
} from '../../src/index.ts'
import { Camera } from './camera.ts'

type Connect = ConnectionOptions<Camera>['connect']

export interface PageProps {
  connect: Connect
  connections?: Connections
  /** What the inner part waits for. */
  suspend?: () => Promise<void> | undefined
}

/** Uses every hook there is, for a server to render. */
export function Page({ connect, connections, suspend }: PageProps) {
  return (
    <SharedChannelProvider {...(connections && { connections })}>
      <Suspense fallback={<p>waiting</p>}>
        <Inside connect={connect} {...(suspend && { suspend })} />
      </Suspense>
    </SharedChannelProvider>
  )
}

function Inside({ connect, suspend }: Omit<PageProps, 'connections'>) {
  const { status, error, channel } = useSharedChannel({ key: ['camera', 1], connect, protocol: Camera })
  useChannelMessage(channel, 'frame', () => {})
  const level = useLatestMessage(channel, 'level')
  const { data, isPending } = useChannelRequest(channel, 'measure')
  const stats = useChannelStats(channel)
  const buffer = useSharedBuffer(null)
  const wait = suspend?.()
  if (wait !== undefined) throw wait
  return (
    <output data-status={status}>
      {keyText([level ?? null, data ?? null, isPending, stats === null, buffer === null, error === null])}
    </output>
  )
}

/** What the page shows before anything has happened. */
export const FIRST = '<output data-status="connecting">[null,null,false,true,true,true]</output>'
