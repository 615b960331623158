// Runs an application of a document in the real Electron.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkStarts, findElectron, isCI, LeftOut, runElectron } from '@shared-channel/run-electron'

/** Loaded before the application: brings what its pages write to their consoles to stdout. */
const CONSOLE = fileURLToPath(new URL('electron-console.cjs', import.meta.url))
const LONGEST_RUN = 60_000

/**
 * @param folder Of the application, whose main file is `main.cjs`.
 * @param output What it and its pages are to write to their consoles; it ends when they have written so many lines.
 * @returns What they have written.
 */
export async function runDocumentApp(folder: string, output: string): Promise<string> {
  return runElectron({
    app: join(folder, 'main.cjs'),
    switches: ['-r', CONSOLE],
    environment: { DOCUMENT_LINES: String(output.split('\n').length - 1) },
    deadline: LONGEST_RUN,
  })
}

/** Why there is no Electron here; undefined when there is. */
export function whyNoElectron(): string | undefined {
  try {
    checkStarts(findElectron())
    return undefined
  } catch (error) {
    if (!(error instanceof LeftOut) || isCI()) throw error
    return error.message
  }
}
