// Has an open channel and nothing else to do. A timer that does not hold the event loop tells whether the channel does.
//   keep-alive <who listens>
import { SharedChannel } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { Data } from '../helpers/protocols.ts'

const listens = process.argv[2]
const plugin = await openPlugin(pluginPath('echo'), { sendCapacity: 4096, receiveCapacity: 4096 })
setTimeout(() => {
  console.log('held')
  process.exit(3)
}, 1000).unref()

if (listens !== 'no channel') {
  const channel = new SharedChannel(plugin, Data)
  channel.onError(() => {})
  if (listens === 'handler') channel.on('data', () => {})
  if (listens === 'loop') void channel[Symbol.asyncIterator]().next()
  if (listens === 'handler for a while') channel.on('data', () => {})()
  if (listens === 'nobody, but messages wait') {
    // More than both rings and the plugin's hand can hold.
    for (let i = 0; i < 40; i++) channel.send('data', new Uint8Array(1000))
  }
  if (listens === 'handler, then closed') {
    channel.on('data', () => {})
    await channel.close()
  }
}
