// The other end of a channel: sends back what comes, until the other side closes.
import { SharedChannel } from '@shared-channel/core'
import { openChannel } from '@shared-channel/native'
import { Data } from '../helpers/protocols.ts'

const channel = new SharedChannel(openChannel(process.argv[2] as string), Data)
channel.on('data', (data) => {
  channel.send('data', data)
})
const { reason, unconsumed } = await channel.closed
console.log(JSON.stringify({ reason: reason?.code, unconsumed }))
