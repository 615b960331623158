import type { BrowserCommand } from 'vitest/node'

/** How many Web Workers the page has, as the browser itself says. */
export const countWorkers: BrowserCommand<[]> = ({ page }) => page.workers().length
