// Before all tests of this folder: an Electron and a display, or the reason why there is none.
import type { TestProject } from 'vitest/node'
import { openDisplay } from './display.ts'
import { checkStarts, findElectron, isCI, LeftOut } from './find-electron.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where the tests that need it are left out. */
    electron: { readonly executable: string; readonly display: string } | null
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  try {
    const executable = findElectron()
    checkStarts(executable)
    const display = await openDisplay()
    project.provide('electron', { executable, display: display.name })
    return () => display.close()
  } catch (error) {
    if (!(error instanceof LeftOut) || isCI()) throw error
    project.provide('electron', null)
    // After the summary, where it is seen.
    return () => console.error(`tests/electron left out: ${error.message}`)
  }
}
