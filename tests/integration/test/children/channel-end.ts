// One end of a channel, in a process or a worker of its own: opens it, does what it is told, and tells how it ended.
//   channel-end <handle> <what> [<seed> <count>]
import { flip, SharedChannel } from '@shared-channel/core'
import { openChannel } from '@shared-channel/native'
import { Between, receiveStream, sendStream } from '../helpers/checked-stream.ts'

const [handle = '', what = '', ...numbers] = process.argv.slice(2)
const [seed = 0, count = 0] = numbers.map(Number)
const channel = new SharedChannel(openChannel(handle), flip(Between))
void channel.closed.then(({ unconsumed, reason }) => {
  console.log(JSON.stringify({ unconsumed, ...(reason && { code: reason.code }) }))
})

switch (what) {
  case 'stream, and wait for the end':
  case 'stream, and close':
    await Promise.all([sendStream(channel, seed + 1, count), receiveStream(channel, seed, count)])
    if (what === 'stream, and close') await channel.close()
    break
  case 'call and answer': {
    channel.handle('double', async (number) => 2 * number)
    const numbers = Array.from({ length: count }, (_, i) => i)
    const answers = await Promise.all(numbers.map((number) => channel.request('double', number)))
    if (answers.some((answer, i) => answer !== 2 * i)) throw new Error(`wrong answers: ${answers}`)
    break
  }
  case 'listen':
    channel.on('data', () => {})
    break
  case 'listen, unref':
    channel.on('data', () => {})
    channel.unref()
    break
  case 'listen for one message':
    await receiveStream(channel, seed, 1)
    break
  case 'exit':
    channel.on('data', () => process.exit())
    break
  case 'do nothing': // there is no consumer, so nothing keeps this alive
}
