// Opens a shared buffer of another process and does something with it.
//   open-buffer <handle> <access> <what>
import { type BufferAccess, SharedChannelError } from '@shared-channel/core'
import { openSharedBuffer } from '@shared-channel/native'

const [handle = '', access = '', what = ''] = process.argv.slice(2)
try {
  const buffer = openSharedBuffer(handle, { access: access as BufferAccess })
  const sum = buffer.bytes.reduce((total, byte) => total + byte, 0)
  if (what === 'write') buffer.bytes.fill(2)
  console.log(JSON.stringify({ size: buffer.size, sum, after: buffer.bytes[0] }))
} catch (error) {
  console.log(JSON.stringify({ code: error instanceof SharedChannelError && error.code }))
}
