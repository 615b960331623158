import { MessageChannel } from 'node:worker_threads'
import { type PostableBuffer, postSharedBuffer, SharedBufferReceiver } from '@shared-channel/core'
import { onTestFinished } from 'vitest'

/** A receiver at the end of a real port, and how to post to it: buffers that are copied, as where no memory can be shared. */
export function posting() {
  const { port1, port2 } = new MessageChannel()
  const receiver = new SharedBufferReceiver(port2)
  onTestFinished(() => {
    receiver.close()
    port1.close()
  })
  const post = (bytes: Uint8Array<ArrayBuffer>, additionalData?: unknown) =>
    postSharedBuffer(port1, copying(bytes), { additionalData })
  return { receiver, post }
}

const copying = ({ buffer, length }: Uint8Array<ArrayBuffer>): PostableBuffer => ({
  size: length,
  reference: () => ({ copy: buffer }),
})
