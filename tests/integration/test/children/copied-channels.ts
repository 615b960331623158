// Uses a plugin and a channel between two ends of its own, and tells what it was capable of.
import { bytes, defineProtocol, SharedChannel } from '@shared-channel/core'
import { capabilities, createChannel, createSharedBuffer, openChannel, openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'

const Data = defineProtocol({ both: { data: { id: 1, codec: bytes() } } })

const { zeroCopy, memory, reason } = capabilities()
const buffer = createSharedBuffer(100_000)
buffer.bytes.fill(7)
buffer.close()

const plugin = new SharedChannel(await openPlugin(pluginPath('echo'), { onLog: () => {} }), Data)
const { link, handle } = createChannel({ capacity: 65_536 })
const near = new SharedChannel(link, Data)
const far = new SharedChannel(openChannel(handle), Data)
far.on('data', (data) => {
  far.send('data', data)
})

console.log(JSON.stringify({ zeroCopy, memory, reason, plugin: await echoes(plugin), channel: await echoes(near) }))
await Promise.all([plugin.close(), near.close(), far.closed])

/** How many of the bytes that were sent came back as they were. */
async function echoes(channel: SharedChannel<typeof Data>): Promise<number> {
  let same = 0
  for (const size of [0, 1, 1000, 60_000, 1_000_000]) {
    const sent = Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 0xff)
    const answer = new Promise<Uint8Array>((resolve) => {
      const stop = channel.on('data', (data) => {
        stop()
        resolve(data)
      })
    })
    channel.send('data', sent)
    const received = await answer
    if (Buffer.compare(received, sent) === 0) same += size
  }
  return same
}
