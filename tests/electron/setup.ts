// Before all tests of this folder: an Electron and a display, or the reason why there is none.

import { checkStarts, findElectron, isCI, LeftOut, openDisplay } from '@shared-channel/run-electron'
import type { TestProject } from 'vitest/node'
import { copyForEverybody, hasAllUsers } from './ordinary-user.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where the tests that need it are left out. */
    electron: { readonly executable: string; readonly display: string } | null
    /** Null where the tests that run it as an ordinary user are left out. */
    ordinaryElectron: { readonly executable: string; readonly protectedExecutable: string } | null
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  project.provide('electron', null)
  project.provide('ordinaryElectron', null)
  try {
    const executable = findElectron()
    checkStarts(executable)
    const display = await openDisplay()
    project.provide('electron', { executable, display: display.name })
    const ordinary = copyForEverybody(executable)
    if (ordinary !== undefined) {
      const { executable, protectedExecutable } = ordinary
      project.provide('ordinaryElectron', { executable, protectedExecutable })
    }
    return () => {
      display.close()
      ordinary?.remove()
      if (ordinary === undefined) {
        console.error(
          "tests/electron: left out the tests with Electron's sandbox on: they need root, and a checkout and a Node that other users may read",
        )
      } else if (project.name === 'windows' && !hasAllUsers()) {
        console.error(
          "tests/electron: left out the windows with Electron's sandbox on, which CI tries: SHARED_CHANNEL_ALL_TESTS=1 runs them",
        )
      }
    }
  } catch (error) {
    if (!(error instanceof LeftOut) || isCI()) throw error
    // After the summary, where it is seen.
    return () => console.error(`tests/electron left out: ${error.message}`)
  }
}
