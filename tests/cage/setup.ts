// Before all tests of this folder: a browser, or the reason why there is none.

import { findChromium, isCI, LeftOut } from '@shared-channel/run-chromium'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The executable. Null where the tests that need it are left out. */
    chromium: string | null
  }
}

export default function setup(project: TestProject): (() => void) | undefined {
  try {
    project.provide('chromium', findChromium())
    return undefined
  } catch (error) {
    if (!(error instanceof LeftOut) || isCI()) throw error
    project.provide('chromium', null)
    // After the summary, where it is seen.
    return () => console.error(`tests/cage left out: ${error.message}`)
  }
}
