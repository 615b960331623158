// Compiled, never run: `tsc` fails where something here compiles that must not, or the other way round.
import { expectTypeOf } from 'vitest'
import {
  bytes,
  type ChannelMessage,
  type Codec,
  custom,
  defineProtocol,
  flip,
  json,
  type Link,
  type Protocol,
  type ReceiveName,
  type ReceivePayload,
  type SendName,
  type SendPayload,
  SharedChannel,
  type SharedChannelError,
  text,
  typedArray,
} from '../src/index.ts'

declare const link: Link

const Camera = defineProtocol({
  send: {
    command: { id: 1, codec: json<{ exposure: number }>() },
    title: { id: 2, codec: text() },
  },
  receive: {
    frame: { id: 3, codec: bytes() },
    samples: { id: 4, codec: typedArray(Float32Array) },
    point: {
      id: 5,
      codec: custom<[number, number], { x: number }>({ encode: () => new Uint8Array(), decode: () => ({ x: 1 }) }),
    },
  },
  both: { ping: { id: 9, codec: json<number>() } },
})

// ---- Names ----

expectTypeOf<SendName<typeof Camera>>().toEqualTypeOf<'command' | 'title' | 'ping'>()
expectTypeOf<ReceiveName<typeof Camera>>().toEqualTypeOf<'frame' | 'samples' | 'point' | 'ping'>()

// ---- Payloads ----

expectTypeOf<SendPayload<typeof Camera, 'command'>>().toEqualTypeOf<{ exposure: number }>()
expectTypeOf<SendPayload<typeof Camera, 'title'>>().toEqualTypeOf<string>()
expectTypeOf<ReceivePayload<typeof Camera, 'frame'>>().toEqualTypeOf<Uint8Array>()
expectTypeOf<ReceivePayload<typeof Camera, 'samples'>>().toEqualTypeOf<Float32Array>()
expectTypeOf<ReceivePayload<typeof Camera, 'point'>>().toEqualTypeOf<{ x: number }>()
expectTypeOf(bytes()).toEqualTypeOf<Codec<ArrayBufferView | ArrayBufferLike, Uint8Array>>()
expectTypeOf(typedArray(BigInt64Array)).toEqualTypeOf<Codec<BigInt64Array>>()

// ---- Sending ----

const channel = new SharedChannel(link, Camera)
expectTypeOf(channel.send('command', { exposure: 8 })).toEqualTypeOf<boolean>()
channel.send('ping', 5)
// @ts-expect-error there is no such message
channel.send('comand', { exposure: 8 })
// @ts-expect-error another payload
channel.send('command', { exposure: '8' })
// @ts-expect-error a part of the payload is missing
channel.send('command', {})
// @ts-expect-error no payload
channel.send('command')
// @ts-expect-error this end receives it
channel.send('frame', new Uint8Array(1))

// ---- Receiving ----

channel.on('frame', (pixels) => expectTypeOf(pixels).toEqualTypeOf<Uint8Array>())
channel.on('samples', async (samples) => expectTypeOf(samples).toEqualTypeOf<Float32Array>())
expectTypeOf(channel.on('ping', (count: number) => count)).toEqualTypeOf<() => void>()
// @ts-expect-error this end sends it
channel.on('command', () => {})
// @ts-expect-error there is no such message
channel.on('frames', () => {})
// @ts-expect-error another payload
channel.on('frame', (pixels: string) => pixels)

async function iterate(): Promise<void> {
  for await (const message of channel) {
    expectTypeOf(message).toEqualTypeOf<ChannelMessage<typeof Camera>>()
    if (message.type === 'point') expectTypeOf(message.data).toEqualTypeOf<{ x: number }>()
    if (message.type === 'ping') expectTypeOf(message.data).toEqualTypeOf<number>()
    // @ts-expect-error this end sends it
    if (message.type === 'title') return
  }
}
void iterate

// ---- The other end ----

const end = new SharedChannel(link, flip(Camera))
end.send('frame', new Uint8Array(4))
end.send('samples', new Float32Array(4))
end.send('samples', new Float32Array(new SharedArrayBuffer(4)))
end.send('point', [1, 2])
end.on('command', ({ exposure }) => expectTypeOf(exposure).toEqualTypeOf<number>())
// @ts-expect-error the other end sends it
end.send('command', { exposure: 8 })
// @ts-expect-error what is sent is not what is received
end.send('point', { x: 1 })
// @ts-expect-error another class
end.send('samples', new Float64Array(4))

// ---- The rest ----

expectTypeOf(channel.state).toEqualTypeOf<'open' | 'closing' | 'closed'>()
expectTypeOf(channel.ready).toEqualTypeOf<Promise<void>>()
expectTypeOf(channel.close()).resolves.toHaveProperty('unconsumed').toEqualTypeOf<number>()
expectTypeOf(channel.closed).resolves.toHaveProperty('reason').toEqualTypeOf<SharedChannelError | undefined>()
channel.onError((error) => expectTypeOf(error).toEqualTypeOf<unknown>())
// @ts-expect-error there is no such option
new SharedChannel(link, Camera, { maxMessageByte: 5 })
// @ts-expect-error an entry needs an id
defineProtocol({ send: { command: { codec: text() } } })
// @ts-expect-error an entry needs a codec
defineProtocol({ send: { command: { id: 1 } } })
// @ts-expect-error there is no such direction
defineProtocol({ sends: { command: { id: 1, codec: text() } } })

// A function over any protocol.
function open<P extends Protocol>(protocol: P): SharedChannel<P> {
  return new SharedChannel(link, protocol)
}
expectTypeOf(open(Camera)).toEqualTypeOf<SharedChannel<typeof Camera>>()
