// Has a shared buffer until it is told to go on, and prints the handle. `lend-buffer closed` has let go of it by then.
import { createSharedBuffer } from '@shared-channel/native'

const buffer = createSharedBuffer(70_000)
const { handle } = buffer
buffer.bytes.fill(1)
if (process.argv[2] === 'closed') buffer.close()
console.log(handle)
process.stdin.on('data', () => process.exit())
