// The other process of share-with-process.ts: partner.js <handle>.
import { flip, SharedChannel } from '@shared-channel/core'
import { openChannel, SharedBufferReceiver } from '@shared-channel/native'
import { invert, SHARING, sha256 } from './share-with-process.ts'

const channel = new SharedChannel(openChannel(process.argv[2] as string), flip(SHARING))
const receiver = new SharedBufferReceiver(channel)
const buffer = new Promise<Uint8Array>((resolve) => {
  receiver.addEventListener('sharedbufferreceived', (event) => resolve(event.bytes))
})
channel.handle('ready', () => null)
channel.handle('invert', async () => {
  const bytes = await buffer
  const digest = sha256(bytes)
  invert(bytes)
  return { sha256: digest }
})
await channel.closed
receiver.close()
