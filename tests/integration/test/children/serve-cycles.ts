// Serves plugins to itself, which end in several ways, then tells what is left of it all.
//   serve-cycles <count>
import { SharedChannel } from '@shared-channel/core'
import { createChannel } from '@shared-channel/native'
import { servePlugin } from '@shared-channel/native/host'
import { pluginPath } from '@shared-channel/test-plugins'
import { whatIsLeft } from '../helpers/left.ts'
import { Data } from '../helpers/protocols.ts'

const PLUGINS = ['echo', 'flood', 'no_entry']

for (let round = 0; round < Number(process.argv[2]); round++) {
  const { link, handle } = createChannel({ capacity: 4096 })
  const channel = new SharedChannel(link, Data)
  const serving = servePlugin(handle, pluginPath(PLUGINS[round % 3] as string)).catch(() => undefined)
  if (round % 2 === 0) await channel.close({ discard: true }) // at once, while the plugin starts
  const served = await serving
  if (round % 4 === 1) await served?.stop()
  await channel.close({ discard: true })
  await served?.ended
}
console.log(JSON.stringify(await whatIsLeft()))
