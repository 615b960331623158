// How the page finds its preload.
import { SharedChannelError } from '@shared-channel/core'
import { BRIDGE_KEY, type PreloadSide } from '../shared/bridge.ts'
import { listenForMemory, pageSide } from './page-memory.ts'

let found: PreloadSide | undefined

/** The preload's functions; undefined where there is no preload of ours: in a browser, or when a page is rendered by a server. */
export function findPreload(): PreloadSide | undefined {
  if (found !== undefined) return found
  const bridge: PreloadSide | undefined = Reflect.get(globalThis, BRIDGE_KEY)
  if (bridge === undefined || typeof document === 'undefined') return undefined
  listenForMemory()
  bridge.attach(pageSide)
  found = bridge
  return bridge
}

/** @throws SharedChannelError `NOT_SUPPORTED` when there is none, with what may be wrong. */
export function requirePreload(): PreloadSide {
  const preload = findPreload()
  if (preload !== undefined) return preload
  throw new SharedChannelError(
    'NOT_SUPPORTED',
    [
      'The preload of Shared Channel has not run in this page. Most likely:',
      '1. createBroker() was called in the main process after the window was opened, or not at all: call it before.',
      '2. The window has a session of its own: name it in createBroker({ session }).',
      '3. This is an iframe, and its window has no nodeIntegrationInSubFrames: true; or it is a browser, not Electron.',
    ].join('\n'),
  )
}
