// What tests in a page ask the browser itself: this side of it.
import type {} from '@vitest/browser-playwright' // what a command is given
import type { BrowserCommand } from 'vitest/node'

export const countWorkers: BrowserCommand<[]> = ({ page }) => page.workers().length

/** CPU time of all renderers, in milliseconds. */
export const cpuTimeOfRenderers: BrowserCommand<[]> = async ({ context }) => {
  const session = await context.browser()?.newBrowserCDPSession()
  if (session === undefined) throw new Error('The browser has no session.')
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const renderers = processInfo.filter(({ type }) => type === 'renderer')
  return 1000 * renderers.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
}
