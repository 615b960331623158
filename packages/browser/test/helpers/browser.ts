import { commands } from 'vitest/browser'

declare module 'vitest/browser' {
  interface BrowserCommands {
    cpuTimeOfRenderers(): Promise<number>
    countWorkers(): Promise<number>
  }
}

/** How long the processes of pages and their workers have worked until now, in milliseconds. */
export const cpuTimeOfPage = (): Promise<number> => commands.cpuTimeOfRenderers()

/** How many Web Workers this page has. */
export const workersOfPage = (): Promise<number> => commands.countWorkers()
