// Compiled, never run: what TypeScript knows of connections and what is built on them.
import { expectTypeOf } from 'vitest'
import type { SharedChannel } from '../src/channel.ts'
import { bytes, json } from '../src/codec.ts'
import { Connection, type ConnectionOptions } from '../src/connection.ts'
import { Connections } from '../src/connections.ts'
import { latestMessage, type MessageSource } from '../src/latest-message.ts'
import { defineProtocol } from '../src/protocol.ts'

const Camera = defineProtocol({
  send: { command: { id: 1, codec: json<{ exposure: number }>() } },
  receive: { frame: { id: 2, codec: bytes() }, level: { id: 3, codec: json<number>() } },
})
type Camera = typeof Camera
declare const channel: SharedChannel<Camera>
declare const connection: Connection<Camera>

// knows the protocol of a connection by its options
const connect = () => Promise.reject(new Error())
expectTypeOf(new Connection({ connect, protocol: Camera })).toEqualTypeOf<Connection<Camera>>()
expectTypeOf(new Connections().get(['camera', 0], { connect, protocol: Camera })).toEqualTypeOf<Connection<Camera>>()

// takes an option that may be undefined for one that was left out
expectTypeOf<{ connect: typeof connect; protocol: Camera; retry: number | undefined }>().toExtend<
  ConnectionOptions<Camera>
>()

// sends what the protocol sends
expectTypeOf(connection.send('command', { exposure: 8 })).toBeBoolean()
// @ts-expect-error: another payload
connection.send('command', { exposure: 'long' })
// @ts-expect-error: it is received
connection.send('frame', new Uint8Array())

// knows messages by the channel, or what a test has in its place
expectTypeOf(latestMessage(channel, 'level').get()).toEqualTypeOf<number | undefined>()
const source: MessageSource<Camera> = { protocol: Camera, isClosed: false, on: () => () => {} }
expectTypeOf(latestMessage(source, 'frame').get()).toEqualTypeOf<Uint8Array | undefined>()
// @ts-expect-error: it is sent
latestMessage(channel, 'command')
