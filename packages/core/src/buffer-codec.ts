import { parseText } from './buffer-messages.ts'
import { carrierOf } from './carrier.ts'
import { noCopies } from './channel-carrier.ts'
import type { Codec, Encoded } from './codec.ts'
import { invalidArgument, SharedChannelError } from './errors.ts'
import { type PostedBuffer, type PostOptions, postsOf } from './posting.ts'
import type { ReceivedBuffer } from './received-buffer.ts'
import { decline, receive } from './receiving.ts'
import type { PostableBuffer, SegmentHost } from './segment-host.ts'

/** A buffer as the payload of a message, and what goes with it. */
export interface BufferPayload extends PostOptions {
  readonly buffer: PostableBuffer
  /** Is given what tells of the post, before the message is sent. */
  readonly onPosted?: (posted: PostedBuffer) => void
}

/**
 * SharedBuffers as messages, in order with the others. Each message is a post of its own, as `postSharedBuffer` makes it: the
 * buffer may be closed once it is sent.
 *
 * @param options `host`: opens what comes in; only a side that receives needs one.
 * @returns A codec that sends a SharedBuffer, or a {@link BufferPayload}, and receives a {@link ReceivedBuffer}: release it.
 * @example
 * const Camera = defineProtocol({ both: { image: { id: 1, codec: sharedBuffer({ host }) } } })
 * channel.send('image', { buffer, additionalData: { width }, onPosted: ({ released }) => released.then(recycle) })
 * channel.on('image', (image) => {
 *   draw(image.bytes)
 *   image.release()
 * })
 */
export function sharedBuffer(
  options: { host?: SegmentHost } = {},
): Codec<PostableBuffer | BufferPayload, ReceivedBuffer> {
  const unbound = (): never => {
    throw invalidArgument('sharedBuffer() posts over a channel: use it as the codec of a message.')
  }
  return { encode: unbound, decode: unbound, bind: (channel) => bound(channel, options.host) }
}

function bound(channel: object, host: SegmentHost | undefined): Codec<PostableBuffer | BufferPayload, ReceivedBuffer> {
  return {
    encode: (value) => {
      const { buffer, onPosted, ...options } = isPayload(value) ? value : { buffer: value }
      const posts = postsOf(carrierOf(channel))
      const { message, post } = posts.open(buffer, options)
      try {
        if (message.buffer !== undefined) throw noCopies()
        onPosted?.({ received: post.received.promise, released: post.released.promise })
      } catch (error) {
        posts.giveUp(post, error)
        throw error
      }
      const bytes: Encoded = new TextEncoder().encode(message.sharedChannel)
      bytes.unsent = () => posts.giveUp(post, new SharedChannelError('QUEUE_FULL', 'The message was not sent.'))
      return bytes
    },
    decode: (bytes) => {
      const carrier = carrierOf(channel)
      const post = parseText(new TextDecoder().decode(bytes))
      if (post?.verb === 'post') return receive(carrier, post, undefined, host).received
      const error = new SharedChannelError('CORRUPT', `A message of ${bytes.length} bytes is not a posted buffer.`)
      if (post?.verb === 'unreadable') decline(carrier, post.id, error)
      throw error
    },
    input: 'scratch',
    unwanted: (bytes) => {
      const post = parseText(new TextDecoder().decode(bytes))
      if (post?.verb !== 'post' && post?.verb !== 'unreadable') return
      decline(carrierOf(channel), post.id, new SharedChannelError('REMOTE_ERROR', 'nobody there wants such messages.'))
    },
  }
}

const isPayload = (value: PostableBuffer | BufferPayload): value is BufferPayload =>
  typeof value === 'object' && value !== null && 'buffer' in value && !('reference' in value)
