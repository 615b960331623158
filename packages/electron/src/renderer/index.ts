/**
 * For the page: links to the application's plugins and to other windows, and buffers that are posted to script.
 */
import { SharedChannelError } from '@shared-channel/core'
import type { Capabilities } from '@shared-channel/native'
import { MEMORY_WAYS, type MemoryWay } from '../shared/bridge.ts'
import { unwrap } from '../shared/plain-error.ts'
import { requirePreload } from './preload.ts'

export { postSharedBuffer } from '@shared-channel/core'
export type { LinkOrigin, MemoryWay } from '../shared/bridge.ts'
export { connect, onLink } from './connect.ts'
export { createSharedBuffer, type PageSharedBuffer } from './page-host.ts'
export { broker, type PageSharedBuffers, sharedBuffer, sharedBuffers } from './shared-buffers.ts'

/**
 * What sharing memory comes to in this page; asked once, then remembered.
 *
 * @throws SharedChannelError (as a rejection) `NOT_SUPPORTED` where there is no preload of ours, or no broker.
 * @example
 * const { zeroCopy, memory, reason } = await capabilities()
 */
export async function capabilities(): Promise<Capabilities> {
  return unwrap(await requirePreload().capabilities())
}

/**
 * Chooses how memory reaches this page, for the links and buffers that it gets from now on; by itself it is `'aliased'`, which
 * every web API takes. `'shared'` and `'transferable'` memory can be handed on to Web Workers.
 *
 * @throws SharedChannelError (as a rejection) `NOT_SUPPORTED` for a way that there is none of here; `INVALID_ARGUMENT`.
 * @example
 * await useMemory('shared')
 * sharedBuffers.addEventListener('sharedbufferreceived', (event) => worker.postMessage(event.getBuffer()))
 */
export async function useMemory(way: MemoryWay): Promise<void> {
  if (!MEMORY_WAYS.includes(way)) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `The ways of memory are ${MEMORY_WAYS.join(', ')}; this is ${String(way)}.`,
    )
  }
  unwrap(await requirePreload().useMemory(way))
}
