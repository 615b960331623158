// A page of Vite's development server, whose modules are replaced while a channel is open.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { startApp } from '../harness/start-app.ts'
import type { TestWindow } from '../harness/test-window.ts'

const inWindows = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

describe.skipIf(inject('electron') === null)('a page of a development server', () => {
  it('keeps its channel when a module is replaced, and has a new one after a reload', async () => {
    const { root, address } = await serve()
    const app = await startApp()
    await app.startBroker()
    await app.electron.evaluate((_, address) => main.openWindow(address, {}), address)
    const window = await app.windowAt(address)
    await until(window, () => 'developed' in globalThis)
    await window.page.evaluate(() => developed.open())
    const before = takeSnapshot(app)

    writeFileSync(join(root, 'greeting.ts'), "export const greeting = 'second'\n")
    await until(window, () => developed.greeting === 'second')
    expect(await window.page.evaluate(() => developed.isOpen)).toBe(true)

    // Nobody can replace the page itself: the server has it reloaded.
    const reloaded = window.page.waitForEvent('load')
    writeFileSync(join(root, 'index.html'), '<script type="module" src="main.ts"></script><p>changed</p>')
    await reloaded
    await until(window, () => 'developed' in globalThis)
    expect(await window.page.evaluate(() => developed.opened)).toBeUndefined()
    await window.page.evaluate(() => developed.open())
    expect(await window.page.evaluate(() => developed.isOpen)).toBe(true)
    await expectNothingMore(app, before)
  })
})

/** @returns The folder that is served, which the test may change. */
async function serve(): Promise<{ root: string; address: string }> {
  const root = mkdtempSync(inWindows('../build/vite-app-')) // where it finds our packages, and nobody formats it
  cpSync(inWindows('vite-app'), root, { recursive: true })
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    cacheDir: join(root, '.vite'),
    optimizeDeps: { noDiscovery: true }, // else it reloads the page when it has found them
    server: { host: '127.0.0.1', port: 0 },
  })
  onTestFinished(async () => {
    await server.close()
    rmSync(root, { recursive: true, force: true })
  })
  await server.listen()
  const [address = ''] = server.resolvedUrls?.local ?? []
  return { root, address }
}

/** Also while the page is loaded anew. */
function until(window: TestWindow, isSo: () => boolean): Promise<void> {
  return expect.poll(() => window.page.evaluate(isSo).catch(() => false), { timeout: 20_000 }).toBe(true)
}
