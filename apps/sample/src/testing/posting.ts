import { MessageChannel } from 'node:worker_threads'
import { type PostableBuffer, postSharedBuffer, SharedBufferReceiver } from '@shared-channel/core'
import { onTestFinished, vi } from 'vitest'

/** A real receiver, how it gives buffers back, and how to post to it. */
export function posting() {
  const { port1, port2 } = new MessageChannel()
  const receiver = new SharedBufferReceiver(port2)
  const release = vi.spyOn(receiver, 'releaseBuffer')
  onTestFinished(() => {
    receiver.close()
    port1.close()
  })
  const post = (bytes: ArrayLike<number>, additionalData?: unknown) =>
    postSharedBuffer(port1, copying(bytes), { additionalData })
  return { receiver, release, post }
}

/** A buffer whose bytes are copied, as where no memory can be shared. */
const copying = (bytes: ArrayLike<number>): PostableBuffer => ({
  size: bytes.length,
  reference: () => ({ copy: Uint8Array.from(bytes).buffer }),
})
