// Registers our preload with a session, beside those of the application.
import { fileURLToPath } from 'node:url'
import type { Session } from 'electron'

const FILE = fileURLToPath(new URL('./preload.cjs', import.meta.url))
const ID = 'shared-channel'

/** Once for each session; safe to call again. */
export function registerPreload(session: Session): void {
  // Came with Electron 35 and has replaced the other.
  if (typeof session.registerPreloadScript === 'function') {
    const isThere = session.getPreloadScripts().some(({ id }) => id === ID)
    if (!isThere) session.registerPreloadScript({ id: ID, type: 'frame', filePath: FILE })
    return
  }
  const preloads = session.getPreloads()
  if (!preloads.includes(FILE)) session.setPreloads([...preloads, FILE])
}
