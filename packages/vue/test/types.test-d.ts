// What TypeScript knows of channels in Vue; compiled by vue-tsc.
import { bytes, type ConnectionStatus, defineProtocol, json, type Link, type SharedChannel } from '@shared-channel/core'
import { expectTypeOf } from 'vitest'
import { computed, reactive, ref, type ShallowRef } from 'vue'
import { sharedChannels, useSharedBuffer, useSharedChannel } from '../src/index.ts'

const Camera = defineProtocol({
  send: {
    command: { id: 1, codec: json<{ exposure: number }>() },
    measure: { id: 2, codec: json<{ x: number }>(), reply: json<{ mean: number }>() },
  },
  receive: { frame: { id: 3, codec: bytes() }, level: { id: 4, codec: json<number>() } },
})
type Camera = typeof Camera
type Out<T> = Readonly<ShallowRef<T>>
declare const connect: (name: string, options: { signal: AbortSignal }) => Promise<Link>
declare const props: { size: number; retries?: number; optional: number | undefined }

// knows the protocol by the options, and what functions are called with
const camera = useSharedChannel({
  key: () => ['camera', props.size],
  connect: (signal) => connect('camera', { signal }),
  protocol: Camera,
  retry: (attempt, error) => attempt < 3 && error instanceof Error,
  retryDelay: (attempt) => 100 * attempt,
  throwOnError: (error) => error instanceof Error,
})
expectTypeOf(camera.status).toEqualTypeOf<Out<ConnectionStatus>>()
expectTypeOf(camera.error).toEqualTypeOf<Out<unknown>>()
expectTypeOf(camera.channel).toEqualTypeOf<Out<SharedChannel<Camera> | null>>()
// @ts-expect-error: it is readonly
camera.status.value = 'open'

// sends what the protocol sends
expectTypeOf(camera.send('command', { exposure: 8 })).toBeBoolean()
// @ts-expect-error: another payload
camera.send('command', { exposure: 'long' })
// @ts-expect-error: it is received
camera.send('frame', new Uint8Array())
// @ts-expect-error: it is a call
camera.send('measure', { x: 1 })
expectTypeOf(camera.channel.value?.request('measure', { x: 1 })).toEqualTypeOf<Promise<{ mean: number }> | undefined>()

// hands on what the protocol receives
expectTypeOf(camera.latest('level')).toEqualTypeOf<Out<number | undefined>>()
camera.on('frame', (pixels) => expectTypeOf(pixels).toEqualTypeOf<Uint8Array>())
// @ts-expect-error: it is sent
camera.on('command', () => {})
// @ts-expect-error: another payload
camera.on('level', (level: string) => level)
expectTypeOf(camera.on('level', () => {})).toEqualTypeOf<() => void>()

// takes refs, computed refs and getters for any option
const options = {
  key: reactive(['camera', 1]),
  connect: ref((signal: AbortSignal) => connect('camera', { signal })),
  protocol: () => Camera,
  retry: computed(() => 3),
  retryDelay: () => props.size,
  throwOnError: ref(true),
  channelOptions: () => ({ maxMessageBytes: props.size }),
}
expectTypeOf(useSharedChannel(options).channel).toEqualTypeOf<Out<SharedChannel<Camera> | null>>()
useSharedChannel({
  key: ref({ camera: 1 }),
  connect: () => (signal: AbortSignal) => connect('camera', { signal }),
  protocol: ref(Camera),
  retry: props.optional,
  channelOptions: undefined,
})

// @ts-expect-error: a key is JSON
useSharedChannel({ key: new Date(), connect: () => connect('camera', {}), protocol: Camera })
// @ts-expect-error: there is no key
useSharedChannel({ connect: () => connect('camera', {}), protocol: Camera })

// buffers and the plugin
expectTypeOf(useSharedBuffer(() => null).value).toEqualTypeOf<{
  readonly bytes: Uint8Array
  readonly additionalData: unknown
} | null>()
useSharedBuffer(null, ({ additionalData }) => additionalData !== undefined)
expectTypeOf(sharedChannels().install).toBeFunction()
