// The plugin of these tests, tests/plugins/src/electron_stream.cpp, whose messages are explained there.
import { bytes, defineProtocol, SharedChannel, typedArray } from '@shared-channel/core'
import { type OpenPluginOptions, openPlugin, type Plugin } from '@shared-channel/native'
import { order } from './order.ts'

const protocol = defineProtocol({
  send: {
    begin: { id: 2, codec: typedArray(Uint32Array) },
    askReport: { id: 3, codec: bytes() },
    produce: { id: 4, codec: typedArray(Uint32Array) },
    fill: { id: 5, codec: typedArray(Uint32Array) },
  },
  receive: {
    report: { id: 3, codec: bytes() },
    produced: { id: 4, codec: bytes() },
  },
  both: {
    data: { id: 1, codec: bytes() },
    filler: { id: 6, codec: bytes({ view: true }) },
  },
})

export type TestChannel = SharedChannel<typeof protocol>

export function openTestPlugin(options: OpenPluginOptions = {}): Promise<Plugin> {
  return openPlugin(order.paths.plugin, options)
}

export async function openChannel(options: OpenPluginOptions = {}): Promise<TestChannel> {
  return new SharedChannel(await openTestPlugin(options), protocol)
}
