// Opens the plugin of these tests.
import { SharedChannel } from '@shared-channel/core'
import { type OpenPluginOptions, openPlugin, type Plugin } from '@shared-channel/native'
import { order } from './order.ts'
import { protocol, type TestChannel } from './protocol.ts'

export function openTestPlugin(options: OpenPluginOptions = {}): Promise<Plugin> {
  return openPlugin(order.paths.plugin, options)
}

export async function openChannel(options: OpenPluginOptions = {}): Promise<TestChannel> {
  return new SharedChannel(await openTestPlugin(options), protocol)
}
