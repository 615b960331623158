// What TypeScript knows of the stores.
import { bytes, defineProtocol, json, type Link, type SharedChannel } from '@shared-channel/core'
import { type Readable, readable, writable } from 'svelte/store'
import { expectTypeOf, it } from 'vitest'
import { type SharedChannelStore, type SharedChannelValue, sharedBuffer, sharedChannel } from '../src/index.ts'

const Camera = defineProtocol({
  send: {
    command: { id: 1, codec: json<{ exposure: number }>() },
    measure: { id: 2, codec: json<number>(), reply: json<string>() },
  },
  receive: { frame: { id: 3, codec: bytes() }, level: { id: 4, codec: json<number>() } },
})
type Camera = typeof Camera
declare const connect: (signal: AbortSignal) => Promise<Link>
const options = { key: ['camera', 0], connect, protocol: Camera } as const
const camera = sharedChannel(options)

it('knows the protocol by the options, wherever they come from', () => {
  expectTypeOf(sharedChannel(options)).toEqualTypeOf<SharedChannelStore<Camera>>()
  expectTypeOf(sharedChannel(() => options)).toEqualTypeOf<SharedChannelStore<Camera>>()
  expectTypeOf(sharedChannel(readable(options))).toEqualTypeOf<SharedChannelStore<Camera>>()
  expectTypeOf(sharedChannel(writable(options))).toEqualTypeOf<SharedChannelStore<Camera>>()
  expectTypeOf(camera).toExtend<Readable<SharedChannelValue<Camera>>>()
})

it('takes all options of a connection, and keys of JSON', () => {
  sharedChannel({ ...options, retry: 3, retryDelay: (attempt) => attempt, throwOnError: (error) => error !== null })
  sharedChannel({ ...options, channelOptions: { maxMessageBytes: 64 }, key: { a: [1, 'b', null, true] } })
  // @ts-expect-error: no JSON
  sharedChannel({ ...options, key: Symbol('camera') })
  // @ts-expect-error: no link
  sharedChannel({ ...options, connect: () => 'camera' })
})

it('knows what the value has', () => {
  camera.subscribe((value) => {
    expectTypeOf(value.status).toEqualTypeOf<'connecting' | 'open' | 'closed' | 'error'>()
    expectTypeOf(value.error).toBeUnknown()
    expectTypeOf(value.channel).toEqualTypeOf<SharedChannel<Camera> | null>()
    expectTypeOf(value.send('command', { exposure: 8 })).toBeBoolean()
    expectTypeOf(value.reconnect()).toBeVoid()
    expectTypeOf(value.close()).toEqualTypeOf<Promise<void>>()
  })
})

it('sends what the protocol sends', () => {
  expectTypeOf(camera.send('command', { exposure: 8 })).toBeBoolean()
  // @ts-expect-error: another payload
  camera.send('command', { exposure: 'long' })
  // @ts-expect-error: it is received
  camera.send('frame', new Uint8Array())
  // @ts-expect-error: a call, which `channel.request` makes
  camera.send('measure', 1)
})

it('hands out what the protocol receives', () => {
  expectTypeOf(camera.latest('level')).toEqualTypeOf<Readable<number | undefined>>()
  expectTypeOf(camera.latest('frame')).toEqualTypeOf<Readable<Uint8Array | undefined>>()
  expectTypeOf(camera.on('level', (level) => expectTypeOf(level).toBeNumber())).toEqualTypeOf<() => void>()
  // @ts-expect-error: it is sent
  camera.latest('command')
  // @ts-expect-error: no such message
  camera.on('picture', () => {})
})

it('shows a buffer, or null', () => {
  const picture = sharedBuffer(null, ({ additionalData, size }) => additionalData === 'picture' && size > 0)
  expectTypeOf(picture).toEqualTypeOf<
    Readable<{ readonly bytes: Uint8Array; readonly additionalData: unknown } | null>
  >()
})
