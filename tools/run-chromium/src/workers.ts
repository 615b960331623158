import { expect } from 'vitest'
import { commands } from 'vitest/browser'

declare module 'vitest/browser' {
  interface BrowserCommands {
    countWorkers(): Promise<number>
  }
}

/** How many Web Workers this page has, as the browser itself says: a little after they have come and gone. */
export const countWorkers = (): Promise<number> => commands.countWorkers()

/** Waits until there are so many. */
export async function waitForWorkers(count: number): Promise<void> {
  await expect.poll(countWorkers, { timeout: 60_000 }).toBe(count)
}
