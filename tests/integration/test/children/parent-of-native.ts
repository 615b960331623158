// Starts the native program in its argument at the other end of a channel, says when it is there, and then does nothing.
import { spawn } from 'node:child_process'
import { SharedChannel } from '@shared-channel/core'
import { createChannel } from '@shared-channel/native'
import { Data } from '../helpers/protocols.ts'

const { link, handle } = createChannel()
const channel = new SharedChannel(link, Data)
channel.on('data', () => console.log('there'))
channel.send('data', new Uint8Array(1))
spawn(process.argv[2] ?? '', [handle], { stdio: ['ignore', 'ignore', 'inherit'] })
