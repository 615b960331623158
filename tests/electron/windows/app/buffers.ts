// Buffers that the main process posts to pages, as the native side of WebView2's examples does.

import type { BufferAccess } from '@shared-channel/core'
import type { Broker, FrameTarget } from '@shared-channel/electron/main'
import { createSharedBuffer, type SharedBuffer } from '@shared-channel/native'
import { checksum, fill } from '../../app/sharing/pattern.ts'

const READ_ONLY = 0
const DISPLAY = '{"contosoBufferKind":"contosoDisplayBuffer"}'

/** For one time consumption, with contents from this seed. Resolves when the script has released it. */
export async function postOnce(broker: Broker, frame: FrameTarget, size: number, seed: number): Promise<string> {
  const buffer = createSharedBuffer(size)
  fill(buffer.bytes, seed)
  const posted = broker.postSharedBufferToScript(frame, buffer, READ_ONLY, DISPLAY)
  buffer.close()
  await posted.received
  return (await posted.released) ?? ''
}

export interface Post {
  readonly size: number
  readonly seed: number
  readonly access: BufferAccess
}

/** Posts a buffer and keeps it. @returns What it holds once the script has released it. */
export async function postAndKeep(broker: Broker, frame: FrameTarget, { size, seed, access }: Post) {
  const buffer = createSharedBuffer(size)
  fill(buffer.bytes, seed)
  const posted = broker.postSharedBuffer(frame, buffer, { access, additionalData: { seed } })
  await posted.received
  const released = await posted.released
  const kept = checksum(buffer.bytes)
  buffer.close()
  return { released, kept }
}

/** Shows so many contents, from seeds 1, 2, …, by one buffer that is updated, and made anew when it is too small. */
export function showRounds(broker: Broker, frame: FrameTarget, sizes: readonly number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let buffer: SharedBuffer | undefined
    let round = 0

    const ensure = (size: number): SharedBuffer => {
      if (buffer !== undefined && buffer.size >= size) return buffer
      buffer?.close()
      buffer = createSharedBuffer(size)
      broker.postSharedBufferToScript(frame, buffer, READ_ONLY, DISPLAY).received.catch(reject)
      return buffer
    }
    const update = () => {
      const size = sizes[round++] as number
      fill(ensure(size).bytes, round)
      broker.postWebMessage(frame, 'DisplayBufferUpdated')
    }
    const release = () => {
      buffer?.close()
      broker.postWebMessage(frame, 'ReleaseDisplayBuffer')
      stop()
      resolve()
    }
    const stop = broker.onWebMessage((message) => {
      if (message !== 'DisplayBufferConsumed') return
      if (round < sizes.length) update()
      else release()
    })
    update()
  })
}

/** The next buffer that a page posts: who has posted it, with what, and what is in it. */
export function nextFromPage(broker: Broker) {
  return new Promise<{ origin: string; data: unknown; size: number; checksum: number }>((resolve) => {
    const stop = broker.onSharedBuffer((event, { origin }) => {
      stop()
      const { additionalData: data, bytes, size } = event
      resolve({ origin, data, size, checksum: checksum(bytes) })
      event.received.release()
    })
  })
}
