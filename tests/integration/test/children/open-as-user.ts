// Opens a buffer and a channel as another user, and says what it got; then how the channel ended.
//   open-as-user <user> <trusted | untrusted> <handle of the buffer> <handle of the channel>
import { flip, SharedChannel, type SharedChannelError } from '@shared-channel/core'
import { createSharedBuffer, openChannel, openSharedBuffer } from '@shared-channel/native'
import { Talk } from '../helpers/protocols.ts'

createSharedBuffer(1).close() // the addon is loaded while its file may be read
const [user, trust, bufferHandle = '', channelHandle = ''] = process.argv.slice(2)
process.setuid?.(Number(user))
const options = { trusted: trust === 'trusted' }

const say = (what: string) => process.stdout.write(`${what}\n`)
const attempt = async (what: () => unknown) => {
  try {
    say(String(await what()))
  } catch (error) {
    say((error as SharedChannelError).code)
  }
}

await attempt(() => openSharedBuffer(bufferHandle, options).bytes.join(''))
await attempt(async () => {
  const channel = new SharedChannel(openChannel(channelHandle, options), flip(Talk))
  const answer = new Promise<string>((resolve) => channel.on('text', resolve))
  channel.send('text', 'hello')
  say(await answer)
  return (await channel.closed).reason?.code
})
