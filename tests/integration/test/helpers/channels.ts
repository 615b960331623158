import { type ChannelOptions, type Protocol, SharedChannel } from '@shared-channel/core'
import { type OpenPluginOptions, openPlugin, type Plugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { onTestFinished } from 'vitest'
import { isolation } from './isolation.ts'
import type { Talk } from './protocols.ts'

/** Opens a test plugin by name; closed when the test ends. */
export async function openTestPlugin(name: string, options: OpenPluginOptions = {}): Promise<Plugin> {
  const plugin = await openPlugin(pluginPath(name), { onLog: () => {}, isolation, ...options })
  onTestFinished(() => plugin.close())
  return plugin
}

/** Opens a test plugin by name and a channel over it; closed when the test ends. */
export async function openChannel<P extends Protocol>(
  name: string,
  protocol: P,
  options: OpenPluginOptions & ChannelOptions = {},
): Promise<SharedChannel<P>> {
  const plugin = await openPlugin(pluginPath(name), { onLog: () => {}, isolation, ...options })
  const channel = new SharedChannel(plugin, protocol, options)
  onTestFinished(async () => {
    await channel.close()
  })
  return channel
}

/** Sends a text and resolves with the next one that comes. */
export function ask(channel: SharedChannel<Talk>, question: string): Promise<string> {
  return new Promise((resolve) => {
    const stop = channel.on('text', (answer) => {
      stop()
      resolve(answer)
    })
    channel.send('text', question)
  })
}
