// Reloads a page with channels, again and again, and looks at what is left behind.
import { app } from 'electron'
import { countThreads } from './own-process.ts'
import type { Left, ReloadResult, Round } from './task.ts'
import { createWindow, loadPage, runPreload } from './windows.ts'

/** What the preload says when it may be reloaded. */
export interface Reloadable {
  readonly threadsAtStart: number
}

export async function reload(times: number): Promise<ReloadResult> {
  app.commandLine.appendSwitch('js-flags', '--expose-gc') // for renderers, none of which has started
  const window = createWindow()
  const rounds: Round[] = []
  for (let round = 0; round <= times; round++) {
    const reloadable = await runPreload(() => (round === 0 ? loadPage(window) : window.webContents.reload()))
    const pid = window.webContents.getOSProcessId()
    rounds.push({ pid, ...(reloadable as Reloadable), threadsBeforeReload: countThreads(pid) })
  }
  const left = await runPreload(() => loadPage(window, { idle: '' }))
  return { rounds, left: left as Left }
}
