// Receives buffers over IPC and does with each what its additionalData say; answers with what it saw.
//   buffer-receiver [over a channel: its handle]
import { SharedChannel } from '@shared-channel/core'
import { openChannel, SharedBufferReceiver } from '@shared-channel/native'
import { type BufferOrder, Posts, type Seen } from '../helpers/buffer-orders.ts'
import { collectGarbage } from '../helpers/garbage.ts'

const handle = process.argv[2]
const channel = handle === undefined ? undefined : new SharedChannel(openChannel(handle), Posts)
const receiver = new SharedBufferReceiver(channel ?? process)
const kept: unknown[] = []
const say = (seen: Seen) => process.send?.(seen)

receiver.addEventListener('sharedbufferreceived', async (event) => {
  const { kind, act, at = 0, value = 0 } = event.additionalData as BufferOrder
  if (act === 'drop') {
    event.getBuffer()
    return
  }
  const buffer = event.getBuffer(kind === undefined ? {} : { kind })
  const { bytes } = event
  const before = bytes[at] as number
  switch (act) {
    case 'read':
      kept.push(event)
      return say({ size: event.size, before, buffer: Object.prototype.toString.call(buffer) })
    case 'write':
      bytes[at] = value
      kept.push(event)
      return say({ size: event.size, before, after: bytes[at] as number })
    case 'release': {
      const shared = new Uint8Array(buffer)
      receiver.releaseBuffer(buffer)
      return say({
        size: event.size,
        before,
        after: shared[at] ?? -1,
        byteLength: buffer.byteLength,
        thrown: thrownBy(buffer),
      })
    }
  }
})

process.on('message', async (order) => {
  if (order === 'collect') {
    await collectGarbage()
    say({ size: 0, before: 0 })
  }
  // What it sees now in the buffers that it keeps.
  if (Array.isArray(order)) {
    const [index, at] = order as [number, number]
    const { bytes } = kept[index] as { bytes: Uint8Array }
    say({ size: bytes.length, before: bytes[at] as number })
  }
})

/** What making a view of it throws. */
function thrownBy(buffer: ArrayBufferLike): string {
  try {
    return `${new Uint8Array(buffer).byteLength} bytes`
  } catch (error) {
    return (error as Error).name
  }
}
