// Compiled, never run: `tsc` fails where something here compiles that must not, or the other way round.
import { expectTypeOf } from 'vitest'
import {
  bytes,
  type ChannelMessage,
  type Codec,
  custom,
  defineProtocol,
  flip,
  type HandleName,
  type HandlerReply,
  json,
  type Link,
  type MessageSlot,
  type OutgoingChannelMessage,
  type Protocol,
  type ReceiveName,
  type ReceivePayload,
  type ReplyPayload,
  type RequestName,
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

// ---- Other ways of sending ----

expectTypeOf(channel.trySend('command', { exposure: 8 })).toEqualTypeOf<boolean>()
expectTypeOf(channel.sendDirect('title', 'x', { timeout: 5 })).toEqualTypeOf<Promise<void>>()
expectTypeOf(channel.reserve('title', 8)).toEqualTypeOf<MessageSlot | null>()
expectTypeOf(channel.flush()).toEqualTypeOf<Promise<void>>()
// @ts-expect-error another payload
channel.trySend('title', 5)
// @ts-expect-error this end receives it
channel.sendDirect('frame', new Uint8Array(1))
// @ts-expect-error there is no such option
channel.sendDirect('title', 'x', { timeOut: 5 })
// @ts-expect-error there is no such message
channel.reserve('titel', 8)

// ---- Calls ----

const Lab = defineProtocol({
  send: {
    start: { id: 1, codec: text() },
    measure: { id: 2, codec: json<{ width: number }>(), reply: json<number[]>() },
    point: {
      id: 3,
      codec: text(),
      reply: custom<[number, number], { x: number }>({ encode: () => new Uint8Array(), decode: () => ({ x: 1 }) }),
    },
  },
  receive: {
    choose: { id: 7, codec: text(), reply: json<'yes' | 'no' | { kind: 'later'; at: [number, string] }>() },
    progress: { id: 4, codec: json<number>() },
    confirm: { id: 5, codec: text(), reply: json<boolean>() },
  },
  both: { ping: { id: 6, codec: bytes(), reply: bytes() } },
})
const LabEnd = flip(Lab)

expectTypeOf<SendName<typeof Lab>>().toEqualTypeOf<'start'>()
expectTypeOf<ReceiveName<typeof Lab>>().toEqualTypeOf<'progress'>()
expectTypeOf<RequestName<typeof Lab>>().toEqualTypeOf<'measure' | 'point' | 'ping'>()
expectTypeOf<HandleName<typeof Lab>>().toEqualTypeOf<'choose' | 'confirm' | 'ping'>()
expectTypeOf<RequestName<typeof LabEnd>>().toEqualTypeOf<'choose' | 'confirm' | 'ping'>()
expectTypeOf<HandleName<typeof LabEnd>>().toEqualTypeOf<'measure' | 'point' | 'ping'>()
expectTypeOf<RequestName<typeof Camera>>().toEqualTypeOf<never>()
expectTypeOf<ReplyPayload<typeof Lab, 'point'>>().toEqualTypeOf<{ x: number }>()
expectTypeOf<HandlerReply<typeof LabEnd, 'point'>>().toEqualTypeOf<[number, number]>()

const lab = new SharedChannel(link, Lab)
const labEnd = new SharedChannel(link, LabEnd)
expectTypeOf(lab.request('measure', { width: 5 })).toEqualTypeOf<Promise<number[]>>()
expectTypeOf(lab.request('point', 'a', { signal: new AbortController().signal })).resolves.toEqualTypeOf<{
  x: number
}>()
expectTypeOf(labEnd.handle('measure', ({ width }) => [width])).toEqualTypeOf<() => void>()
labEnd.handle('measure', async ({ width }) => [width])
labEnd.handle('point', (name) => [name.length, 1])
labEnd.handle('point', async (name) => [name.length, 1])
lab.handle('choose', () => 'yes')
lab.handle('choose', async (name) => (name === '' ? 'no' : { kind: 'later', at: [1, name] }))
lab.handle('choose', (name) => ({ kind: 'later', at: [1, name] }))
// @ts-expect-error another payload
lab.request('measure', { width: '5' })
// @ts-expect-error no payload
lab.request('measure')
// @ts-expect-error it wants no answer
lab.request('start', 'x')
// @ts-expect-error the other end calls it
lab.request('confirm', 'x')
// @ts-expect-error there is no such option
lab.request('measure', { width: 5 }, { retries: 3 })
// @ts-expect-error another reply
labEnd.handle('measure', () => ['1'])
// @ts-expect-error no reply
labEnd.handle('measure', () => {})
// @ts-expect-error what is answered is not what the caller gets
labEnd.handle('point', () => ({ x: 1 }))
// @ts-expect-error another payload
labEnd.handle('measure', (text: string) => [text.length])
// @ts-expect-error this end calls it
lab.handle('measure', () => [1])
// @ts-expect-error it wants no answer
lab.handle('progress', () => 1)
// @ts-expect-error a call is made with request
lab.send('measure', { width: 5 })
// @ts-expect-error a call is made with request
lab.trySend('measure', { width: 5 })
// @ts-expect-error a call is made with request
lab.sendDirect('measure', { width: 5 })
// @ts-expect-error a call is made with request
lab.reserve('measure', 5)
// @ts-expect-error a call is answered with handle
lab.on('confirm', () => true)
// @ts-expect-error a reply is a codec
defineProtocol({ send: { measure: { id: 1, codec: text(), reply: 'text' } } })

// ---- Streams ----

expectTypeOf(channel.readable).toEqualTypeOf<ReadableStream<ChannelMessage<typeof Camera>>>()
expectTypeOf(channel.writable).toEqualTypeOf<WritableStream<OutgoingChannelMessage<typeof Camera>>>()
expectTypeOf<ChannelMessage<typeof Lab>>().toEqualTypeOf<{ readonly type: 'progress'; readonly data: number }>()
expectTypeOf<OutgoingChannelMessage<typeof Lab>>().toEqualTypeOf<{ readonly type: 'start'; readonly data: string }>()

async function stream(): Promise<void> {
  const { value } = await channel.readable.getReader().read()
  if (value?.type === 'samples') expectTypeOf(value.data).toEqualTypeOf<Float32Array>()
  if (value?.type === 'frame') expectTypeOf(value.data).toEqualTypeOf<Uint8Array>()
  const writer = channel.writable.getWriter()
  await writer.write({ type: 'command', data: { exposure: 8 } })
  // @ts-expect-error the payload of another message
  await writer.write({ type: 'command', data: 'title' })
  // @ts-expect-error this end receives it
  await writer.write({ type: 'frame', data: new Uint8Array(1) })
}
void stream

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
