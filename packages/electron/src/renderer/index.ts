/**
 * For the page: links to the application's plugins and to other windows, and buffers that are posted to script.
 */
import type { Capabilities } from '@shared-channel/native'
import { unwrap } from '../shared/plain-error.ts'
import { requirePreload } from './preload.ts'

export { postSharedBuffer } from '@shared-channel/core'
export type { LinkOrigin } from '../shared/bridge.ts'
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
