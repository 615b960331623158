// What TypeScript knows of the hooks.
import {
  bytes,
  type ChannelStats,
  defineProtocol,
  json,
  type LatestBuffer,
  type Link,
  type MessageSource,
  type SharedChannel,
} from '@shared-channel/core'
import { expectTypeOf, it } from 'vitest'
import {
  type SharedChannelResult,
  useChannelMessage,
  useChannelRequest,
  useChannelStats,
  useLatestMessage,
  useSharedBuffer,
  useSharedChannel,
} from '../src/index.ts'

const Camera = defineProtocol({
  send: {
    command: { id: 1, codec: json<{ exposure: number }>() },
    measure: { id: 2, codec: json<{ x: number }>(), reply: json<{ mean: number }>() },
  },
  receive: { frame: { id: 3, codec: bytes() }, level: { id: 4, codec: json<number>() } },
})
type Camera = typeof Camera
declare const connect: () => Promise<Link>
declare const channel: SharedChannel<Camera> | null

it('knows the protocol of a channel by its options', () => {
  const camera = useSharedChannel({ key: ['camera', 1], connect, protocol: Camera })
  expectTypeOf(camera).toEqualTypeOf<SharedChannelResult<Camera>>()
  expectTypeOf(camera.channel).toEqualTypeOf<SharedChannel<Camera> | null>()
  expectTypeOf(camera.status).toEqualTypeOf<'connecting' | 'open' | 'closed' | 'error'>()
  expectTypeOf(camera.send('command', { exposure: 8 })).toBeBoolean()
  // @ts-expect-error: another payload
  camera.send('command', { exposure: 'long' })
  // @ts-expect-error: it is received
  camera.send('frame', new Uint8Array())
  // @ts-expect-error: it is a call
  camera.send('measure', { x: 1 })
})

it('takes keys that can be compared by value', () => {
  const key = ['camera', { device: 0, modes: [1, 2] as const }, null] as const
  useSharedChannel({ key, connect, protocol: Camera, retry: (attempt, error) => attempt < 3 && error !== null })
  // @ts-expect-error: a function cannot be compared
  useSharedChannel({ key: () => 1, connect, protocol: Camera })
})

it('knows the messages of a channel', () => {
  useChannelMessage(channel, 'frame', (pixels) => expectTypeOf(pixels).toEqualTypeOf<Uint8Array>())
  useChannelMessage(null as SharedChannel<Camera> | null, 'level', async (level) => expectTypeOf(level).toBeNumber())
  expectTypeOf(useLatestMessage(channel, 'level')).toEqualTypeOf<number | undefined>()
  // @ts-expect-error: it is sent
  useChannelMessage(channel, 'command', () => {})
  // @ts-expect-error: there is no such message
  useLatestMessage(channel, 'levels')
})

it('knows what a call takes and answers', () => {
  const { request, data, error, isPending } = useChannelRequest(channel, 'measure', { timeout: 1000 })
  expectTypeOf(request({ x: 1 })).toEqualTypeOf<Promise<{ mean: number }>>()
  expectTypeOf(data).toEqualTypeOf<{ mean: number } | undefined>()
  expectTypeOf(error).toBeUnknown()
  expectTypeOf(isPending).toBeBoolean()
  // @ts-expect-error: another payload
  request({ y: 1 })
  // @ts-expect-error: it is a message
  useChannelRequest(channel, 'command')
})

it('knows the numbers of any channel, and buffers', () => {
  expectTypeOf(useChannelStats(channel)).toEqualTypeOf<ChannelStats | null>()
  expectTypeOf(useSharedBuffer(null)).toEqualTypeOf<LatestBuffer | null>()
  useSharedBuffer(null, ({ additionalData }) => {
    expectTypeOf(additionalData).toBeUnknown()
    return true
  })
})

it('takes what a test has in the place of a channel', () => {
  const source: MessageSource<Camera> = { protocol: Camera, isClosed: false, on: () => () => {} }
  expectTypeOf(useLatestMessage(source, 'frame')).toEqualTypeOf<Uint8Array | undefined>()
  const answer = async () => ({ mean: 1 })
  const { data } = useChannelRequest(
    { protocol: Camera, request: answer as SharedChannel<Camera>['request'] },
    'measure',
  )
  expectTypeOf(data).toEqualTypeOf<{ mean: number } | undefined>()
})
