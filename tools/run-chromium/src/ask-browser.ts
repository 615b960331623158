// What tests in a page ask the browser itself: the page's side of commands.ts.
import { expect } from 'vitest'
import { commands } from 'vitest/browser'

declare module 'vitest/browser' {
  interface BrowserCommands {
    countWorkers(): Promise<number>
    cpuTimeOfRenderers(): Promise<number>
  }
}

/** How many Web Workers this page has. The browser tells of them a little after they have come and gone. */
export const countWorkers = (): Promise<number> => commands.countWorkers()

/** Waits until there are so many. */
export async function waitForWorkers(count: number): Promise<void> {
  await expect.poll(countWorkers, { timeout: 60_000 }).toBe(count)
}

/** How long the processes of pages and their workers have worked until now, in milliseconds. */
export const cpuTimeOfPage = (): Promise<number> => commands.cpuTimeOfRenderers()
