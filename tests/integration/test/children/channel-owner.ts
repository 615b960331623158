// Side 0 of a channel, whose other end is another process's plugin: says the handle, then does what it is told until it is killed.
//   channel-owner <what>
import { SharedChannel } from '@shared-channel/core'
import { createChannel } from '@shared-channel/native'
import { Data } from '../helpers/protocols.ts'

const { link, handle } = createChannel({ capacity: 4096 })
const channel = new SharedChannel(link, Data)
console.log(JSON.stringify(handle))

switch (process.argv[2]) {
  case 'take nothing':
    setInterval(() => {}, 60_000)
    break
  case 'send, and take nothing':
    for (let i = 0; i < 200; i++) channel.send('data', new Uint8Array(100))
    setInterval(() => {}, 60_000)
    break
  case 'send and take':
    channel.on('data', () => channel.send('data', new Uint8Array(100)))
    for (let i = 0; i < 20; i++) channel.send('data', new Uint8Array(100))
    break
  case 'exit':
    channel.on('data', () => process.exit())
    channel.send('data', new Uint8Array(1))
}
