import { type ChannelOptions, defineProtocol, SharedChannel, text, typedArray } from '@shared-channel/core'
import { type OpenPluginOptions, openPlugin, type Plugin } from '@shared-channel/native'
import { onTestFinished } from 'vitest'
import { pluginPath } from '../../../../tests/plugins/index.js'
import { type MirroredLink, mirrorLink } from '../../src/shared/mirror-link.ts'
import { portLink } from '../../src/shared/port-link.ts'

/** What the test plugins echo, crash and vandal understand. */
export const Orders = defineProtocol({
  both: { text: { id: 1, codec: text() } },
  send: {
    /** Of crash: answered likewise, but for "never". */
    ask: { id: 2, codec: text(), reply: text() },
    /** Of vandal: pairs of an offset and a value to write into the segment; it stays there. */
    write: { id: 3, codec: typedArray(Int32Array) },
  },
})

export interface FarPlugin {
  readonly plugin: Plugin
  readonly mirrored: MirroredLink
  readonly channel: SharedChannel<typeof Orders>
  /** What the channel was told to be lost, for each restart. */
  readonly restarts: { lost: number; code: string }[]
}

/** A plugin, and a channel to it over a port; closed when the test ends. */
export async function openFarPlugin(
  name: string,
  options: OpenPluginOptions = {},
  channelOptions: ChannelOptions = {},
): Promise<FarPlugin> {
  const capacities = { sendCapacity: 4096, receiveCapacity: 4096 }
  const plugin = await openPlugin(pluginPath(name), { onLog: () => {}, ...capacities, ...options })
  const { port1, port2 } = new MessageChannel()
  const mirrored = mirrorLink(plugin, port1)
  const restarts: FarPlugin['restarts'] = []
  const onRestart = (lost: number, { code }: { code: string }) => void restarts.push({ lost, code })
  const link = portLink(port2, { side: plugin.side, ...capacities, onRestart })
  const channel = new SharedChannel(link, Orders, channelOptions)
  onTestFinished(async () => {
    await channel.close()
    await mirrored.closed
  })
  return { plugin, mirrored, channel, restarts }
}
