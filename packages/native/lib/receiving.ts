// What core has for posted buffers, with segments of this package.
import {
  type BufferPayload,
  type Codec,
  SharedBufferReceiver as CoreReceiver,
  sharedBuffer as coreSharedBuffer,
  type PostableBuffer,
  type ReceivedBuffer,
} from '@shared-channel/core'
import { segmentHost } from './segment-host.ts'

/** Whom buffers come from. */
export interface ReceivingOptions {
  /**
   * Those who post belong to this application. Needed where the system has no sealed memory; see `openSharedBuffer`.
   * Default false.
   */
  trusted?: boolean
}

/**
 * Receives the SharedBuffers that come in over a target and fires `sharedbufferreceived`; see core's class of this name, which
 * it is, with shared memory opened by this package.
 *
 * @example
 * const receiver = new SharedBufferReceiver(parentPort)
 * receiver.addEventListener('sharedbufferreceived', (event) => {
 *   draw(event.bytes, event.additionalData)
 *   receiver.releaseBuffer(event)
 * })
 */
export class SharedBufferReceiver extends CoreReceiver {
  /**
   * @param target A port, a worker, a process or a channel; see `carrierOf` of core.
   * @throws SharedChannelError `INVALID_ARGUMENT` for another target, or one that has a receiver already.
   */
  constructor(target: object, options: ReceivingOptions = {}) {
    super(target, segmentHost(options.trusted === true))
  }
}

/**
 * A codec for messages that are SharedBuffers, in order with the others of their channel; see core's function of this name.
 *
 * @example
 * const Camera = defineProtocol({ receive: { frame: { id: 3, codec: sharedBuffer() } } })
 * channel.on('frame', (frame) => {
 *   draw(frame.bytes)
 *   frame.release()
 * })
 */
export function sharedBuffer(options: ReceivingOptions = {}): Codec<PostableBuffer | BufferPayload, ReceivedBuffer> {
  return coreSharedBuffer({ host: segmentHost(options.trusted === true) })
}
