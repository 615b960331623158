/**
 * The preload of windows that use Shared Channel. `createBroker` registers it; a preload of your own may import it instead:
 *
 * @example
 * import '@shared-channel/electron/preload'
 */

import { SharedChannelError } from '@shared-channel/core'
import type { Capabilities } from '@shared-channel/native'
import { contextBridge } from 'electron'
import { BRIDGE_KEY, type PageSide, type PreloadSide } from '../shared/bridge.ts'
import { outcomeOf, outcomeOfAsync } from '../shared/plain-error.ts'
import { MainProcess } from './main-process.ts'
import { loadAddon, loadNative, type Native } from './native.ts'
import { PageBuffers } from './page-buffers.ts'
import { PageLinks } from './page-links.ts'

const STARTED = Symbol.for('shared-channel.preload')

const NO_EVENT_LOOP = 'Buffers are shared here, and channels are copied: Electron runs no native events in this page.'

/** One of several preloads of a window does it. */
if (!(STARTED in globalThis)) {
  Object.defineProperty(globalThis, STARTED, { value: true })
  start()
}

function start(): void {
  let attached: (page: PageSide) => void
  const page = new Promise<PageSide>((resolve) => {
    attached = resolve
  })
  let unmappable: unknown
  let loaded: Native | undefined
  const native = (): Promise<Native | undefined> => {
    loading ??= Promise.all([page, main.welcomed()]).then(([side, welcome]) => {
      try {
        loaded = loadNative(side, welcome)
      } catch (error) {
        unmappable = error
      }
      return loaded
    })
    loading.catch(() => {
      loading = undefined // there may be an answer later
    })
    return loading
  }
  let loading: Promise<Native | undefined> | undefined

  const main: MainProcess = new MainProcess({
    offered: (offer, port) => links.offered(offer, port),
    buffers: (message) => buffers.fromMain(message),
    webMessage: (data) => buffers.webMessageFromMain(data),
  })
  main.welcome.then(loadAddon, () => {})
  const links = new PageLinks(main, async () => {
    const found = await native()
    return (await found?.host.eventLoopRuns()) ? found : undefined
  })
  const buffers = new PageBuffers(main, native)

  const bridge: PreloadSide = {
    version: 1,
    attach: (side) => attached(side),
    capabilities: () =>
      outcomeOfAsync(async (): Promise<Capabilities> => {
        const found = await native()
        if (found !== undefined) {
          const nativeInProcess = await found.host.eventLoopRuns()
          return {
            zeroCopy: true,
            memory: found.way,
            nativeInProcess,
            ...(!nativeInProcess && { reason: NO_EVENT_LOOP }),
          }
        }
        const reason = unmappable instanceof Error ? unmappable.message : String(unmappable)
        return { zeroCopy: false, memory: 'copy', nativeInProcess: false, reason }
      }),
    useMemory: (way) =>
      outcomeOfAsync(async () => {
        await native() // so that it does not come later and choose again
        loaded = loadNative(await page, { ...(await main.welcomed()), memory: way })
        loading = Promise.resolve(loaded)
      }),
    connect: (name, id) => outcomeOfAsync(() => links.connect(name, `c${id}`)),
    cancel: (id) => links.cancel(`c${id}`),
    onLink: (name, granted) => links.onLink(name, granted),
    onBufferMessage: (received) => buffers.onMessage(received),
    postBufferMessage: (message) => outcomeOf(() => buffers.fromPage(message)),
    openSegment: (handle, access, size) => outcomeOf(() => buffers.open(loadedNow(), handle, access, size)),
    createSegment: (size) =>
      outcomeOfAsync(async () => {
        const found = await native()
        return found && buffers.create(found, size)
      }),
    identity: () => loaded?.host.thisProcess(),
    onWebMessage: (received) => buffers.onWebMessage(received),
    postWebMessage: (data) => outcomeOf(() => main.say({ type: 'web-message', data })),
  }
  const loadedNow = (): Native => {
    if (loaded !== undefined) return loaded
    throw (
      unmappable ??
      new SharedChannelError('NOT_SUPPORTED', 'This page shares no memory yet: await capabilities() first.')
    )
  }
  if (process.contextIsolated) contextBridge.exposeInMainWorld(BRIDGE_KEY, bridge)
  else Object.defineProperty(globalThis, BRIDGE_KEY, { value: bridge })
}
