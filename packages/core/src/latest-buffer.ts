import type { SharedBufferReceivedEvent, SharedBufferReceiver } from './shared-buffer-receiver.ts'
import { type Readable, Store } from './store.ts'

/** What receives buffers: a `SharedBufferReceiver`, or what a test has in its place. */
export type BufferSource = Pick<SharedBufferReceiver, 'addEventListener' | 'removeEventListener' | 'releaseBuffer'>

/** A buffer that was posted, as it is shown. */
export interface LatestBuffer {
  /** Exactly the buffer's bytes; see {@link SharedBufferReceivedEvent.bytes}. */
  readonly bytes: Uint8Array
  readonly additionalData: unknown
}

/**
 * The buffer that came last, of those that the predicate wants. It is released when the next one comes and when the last
 * subscriber leaves; `bytes` is empty then. Each buffer is for one taker: where several look at one receiver, let their
 * predicates exclude each other.
 *
 * @param receiver Null gives a value that stays null.
 * @param wants Whether a buffer is for this one; by default all are.
 * @returns The value; null while there is none.
 * @example
 * const picture = latestBuffer(sharedBuffers, ({ additionalData }) => isPicture(additionalData))
 */
export function latestBuffer(
  receiver: BufferSource | null,
  wants: (event: SharedBufferReceivedEvent) => boolean = () => true,
): Readable<LatestBuffer | null> {
  const store = new Store<LatestBuffer | null>(null, () => {
    if (receiver === null) return () => {}
    let shown: SharedBufferReceivedEvent | undefined
    const show = (event: SharedBufferReceivedEvent | undefined) => {
      const last = shown
      shown = event
      try {
        store.set(event === undefined ? null : { bytes: event.bytes, additionalData: event.additionalData })
      } finally {
        if (last !== undefined) release(receiver, last)
      }
    }
    const received = (event: SharedBufferReceivedEvent) => {
      if (wants(event)) show(event)
    }
    receiver.addEventListener('sharedbufferreceived', received)
    return () => {
      receiver.removeEventListener('sharedbufferreceived', received)
      show(undefined)
    }
  })
  return store
}

function release(receiver: BufferSource, event: SharedBufferReceivedEvent): void {
  try {
    receiver.releaseBuffer(event)
  } catch {
    // It has gone already: with its receiver, or to a worker.
  }
}
