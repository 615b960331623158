// Owns a buffer and a channel, and says their handles. With a user's number it becomes that user first, and then the system
// lets no other process look at it: a process that changes its user is protected.
//   protected-owner [<user>]
import { SharedChannel } from '@shared-channel/core'
import { capabilities, createChannel, createSharedBuffer } from '@shared-channel/native'
import { Talk } from '../helpers/protocols.ts'

createSharedBuffer(1).close() // the addon is loaded while its file may be read
const [user] = process.argv.slice(2)
if (user !== undefined) process.setuid?.(Number(user))

const buffer = createSharedBuffer(10)
buffer.bytes.fill(1)
const { link, handle } = createChannel({ capacity: 4096 })
const channel = new SharedChannel(link, Talk)
channel.on('text', (text) => channel.send('text', text.toUpperCase()))
process.on('disconnect', () => process.exit())
process.send?.({ reason: capabilities().reason, handles: [buffer.handle, handle] })
