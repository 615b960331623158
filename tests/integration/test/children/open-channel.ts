// The other side of a native program that made a channel: sends every message back, and answers every call with its bytes.
import { flip, SharedChannel } from '@shared-channel/core'
import { openChannel } from '@shared-channel/native'
import { NativeParent } from '../helpers/protocols.ts'

const channel = new SharedChannel(openChannel(process.argv[2] ?? ''), flip(NativeParent))
channel.on('data', (data) => void channel.send('data', data))
channel.handle('ask', (data) => data)
const { reason } = await channel.closed
process.exitCode = reason === undefined ? 0 : 1
