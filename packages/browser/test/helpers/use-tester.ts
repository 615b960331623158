import { SharedChannel } from '@shared-channel/core'
import { openWasmPlugin } from '../../src/index.ts'
import { TESTER, Tester } from './tester-protocol.ts'

/** Opens the plugin in a page of its own, and moves more through small rings than they hold. @returns What the plugin counts. */
export async function useTester(): Promise<string> {
  const plugin = await openWasmPlugin(TESTER, { sendCapacity: 4096, receiveCapacity: 4096, onLog: () => {} })
  const channel = new SharedChannel(plugin, Tester)
  for (let i = 0; i < 100; i += 1) {
    if (!channel.send('take', new Uint8Array(1000))) await channel.ready
  }
  channel.on('data', () => {})
  await channel.request('produce', '100 1000')
  const answer = await channel.request('taken', '')
  await channel.close()
  return answer
}
