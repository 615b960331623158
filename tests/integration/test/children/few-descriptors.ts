// Opens plugins until the system has no more descriptors, gives one back, and opens once more. Started with few of them.
import { SharedChannel, type SharedChannelError } from '@shared-channel/core'
import { openPlugin, type Plugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { Data } from '../helpers/protocols.ts'

const capacities = { sendCapacity: 4096, receiveCapacity: 4096 }
const plugins: Plugin[] = []
const refused: SharedChannelError = await (async () => {
  for (;;) plugins.push(await openPlugin(pluginPath('echo'), capacities))
})().catch((error) => error)
await plugins.pop()?.close()
const channel = new SharedChannel(await openPlugin(pluginPath('echo'), capacities), Data)
const size = await new Promise<number>((resolve) => {
  channel.on('data', (data) => resolve(data.length))
  channel.send('data', new Uint8Array(10_000))
})
await channel.close()
await Promise.all(plugins.map((plugin) => plugin.close()))
const { name, code, message } = refused
console.log(JSON.stringify({ opened: plugins.length, refused: { name, code, message }, size }))
