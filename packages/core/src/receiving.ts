// A post that came in becomes a ReceivedBuffer, or is declined.
import { declinedText, type Post, receivedText } from './buffer-messages.ts'
import type { Carrier } from './carrier.ts'
import { CopiedSegment } from './copied-segment.ts'
import { SharedChannelError } from './errors.ts'
import { answer, Hold, ReceivedBuffer } from './received-buffer.ts'
import type { OpenedSegment, SegmentHost } from './segment-host.ts'

/**
 * Opens what was posted, and tells the poster that it was received, or why not.
 *
 * @param buffer What came along.
 * @param left Called once, when the memory is not to be had any more.
 * @throws What made it decline.
 */
export function receive(
  carrier: Carrier,
  post: Post,
  buffer: ArrayBuffer | undefined,
  host: SegmentHost | undefined,
  left: (hold: Hold) => void = () => {},
): { received: ReceivedBuffer; hold: Hold } {
  try {
    const additionalData = post.additionalData === '' ? undefined : parseJson(post.additionalData)
    const segment = open(post, buffer, host)
    const hold = new Hold(carrier, post.id, segment, left)
    const received = new ReceivedBuffer(post, additionalData, hold)
    answer(carrier, receivedText(post.id, host?.identity()))
    return { received, hold }
  } catch (error) {
    decline(carrier, post.id, error)
    throw error
  }
}

/** Tells the poster that its buffer is not taken. */
export function decline(carrier: Carrier, id: number, error: unknown): void {
  const reason = error instanceof SharedChannelError ? error : new SharedChannelError('REMOTE_ERROR', String(error))
  answer(carrier, declinedText(id, reason))
}

function open(
  { handle, access, size }: Post,
  buffer: ArrayBuffer | undefined,
  host: SegmentHost | undefined,
): OpenedSegment {
  if (buffer !== undefined) return new CopiedSegment(buffer, size)
  if (handle === '') {
    throw new SharedChannelError(
      'NOT_SUPPORTED',
      "The bytes did not come along. Fork the child process with { serialization: 'advanced' }.",
    )
  }
  if (host !== undefined) return host.open(handle, access, size)
  throw new SharedChannelError(
    'NOT_SUPPORTED',
    'This receiver cannot open shared memory: it was made without a host. Receive in Node, in a worker of Node or in a preload, ' +
      'with the receiver of @shared-channel/native, and hand the buffer on with toWorker.',
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SharedChannelError('INVALID_ARGUMENT', 'The additional data is not JSON.', { cause })
  }
}
