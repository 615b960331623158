// Makes buffers until there is no room for another, by a limit it was started with; closes them, and tells what is left.
//   no-room <size>
import { writeFileSync } from 'node:fs'
import { SharedChannelError } from '@shared-channel/core'
import { createSharedBuffer, type SharedBuffer } from '@shared-channel/native'
import { whatIsLeft } from '../helpers/left.ts'

const MOST = 2000
writeFileSync('/proc/self/oom_score_adj', '1000') // if the system must end a process after all, then this one
const size = Number(process.argv[2])
const buffers: SharedBuffer[] = []
let code: string | false = false
try {
  while (buffers.length < MOST) {
    const buffer = createSharedBuffer(size)
    buffers.push(buffer)
    buffer.bytes[size - 1] = 1
  }
} catch (error) {
  code = error instanceof SharedChannelError && error.code
}
const most = buffers.length
for (const buffer of buffers.splice(0)) buffer.close()
// There is room again.
const again = createSharedBuffer(Math.min(size, 65536))
again.bytes[0] = 1
again.close()
console.log(JSON.stringify({ code, most, ...(await whatIsLeft()) }))
