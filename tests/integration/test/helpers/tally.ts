import { bytes, defineProtocol, SharedChannel, typedArray } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { isolation } from './isolation.ts'

/** What the plugin `tally` speaks: see there. */
export const Tally = defineProtocol({
  both: { patient: { id: 1, codec: bytes() }, impatient: { id: 2, codec: bytes() } },
  send: { ask: { id: 3, codec: bytes() }, slow: { id: 4, codec: bytes() } },
  receive: { account: { id: 3, codec: typedArray(Uint32Array) } },
})
export type Tally = typeof Tally

/** Opens the plugin `tally` and a channel over it. The caller closes it; then `lines` has its account. */
export async function openTally(
  options: { sendCapacity?: number; receiveCapacity?: number; closeTimeout?: number; shutdownTimeout?: number } = {},
) {
  const lines: string[] = []
  const plugin = await openPlugin(pluginPath('tally'), {
    sendCapacity: 4096,
    receiveCapacity: 4096,
    isolation,
    ...options,
    onLog: ({ text }) => lines.push(text),
  })
  const channel = new SharedChannel(plugin, Tally, options)
  /** How many messages the plugin took, as it said at the end. */
  const took = () => Number(/^took (\d+)$/.exec(lines[0] ?? '')?.[1])
  return { channel, lines, took }
}
