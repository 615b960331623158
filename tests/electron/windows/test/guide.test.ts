// The program of the ElectronSharedBuffer guide, in a window with the guide's settings, and where the page has no Node.
import { fileURLToPath } from 'node:url'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, it } from 'vitest'
import { WINDOW_USERS } from '../../launch.ts'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { startApp } from '../harness/start-app.ts'

const MESSAGES = 100
const inDist = (path: string) => fileURLToPath(new URL(`../../dist/windows/${path}`, import.meta.url))
const ORDER = { module: inDist('guide.cjs'), plugin: pluginPath('interface_echo'), messages: MESSAGES }
/** The plugin answers each message twice. */
const ANSWERS = Array.from({ length: 2 * MESSAGES }, (_, index) => Math.floor(index / 2))

describe.each(WINDOW_USERS)('the guide’s plugin, %s,', (_user, launch) => {
  const test = it.skipIf(launch === null)

  test('talks with a page that has Node', async () => {
    const app = await startApp(launch?.())
    const { page } = await app.openWindow({ preferences: { nodeIntegration: true, contextIsolation: false } })
    const use = ({ module, plugin, messages }: typeof ORDER): Promise<number[]> =>
      require(module).useGuide(plugin, messages)
    expect(await page.evaluate(use, ORDER)).toEqual(ANSWERS)
    const before = takeSnapshot(app)
    expect(await page.evaluate(use, ORDER)).toEqual(ANSWERS)
    await expectNothingMore(app, before)
    expect(await app.quit()).toBe(0)
  })

  test('talks with the preload of a page that has none', async () => {
    const app = await startApp(launch?.())
    const { page } = await app.openWindow({ preferences: { preload: inDist('preloads/guide.cjs') } })
    expect(await page.evaluate(() => 'require' in globalThis)).toBe(false)
    const use = ({ plugin, messages }: typeof ORDER): Promise<number[]> =>
      Reflect.get(globalThis, 'useGuide')(plugin, messages)
    expect(await page.evaluate(use, ORDER)).toEqual(ANSWERS)
    const before = takeSnapshot(app)
    expect(await page.evaluate(use, ORDER)).toEqual(ANSWERS)
    await expectNothingMore(app, before)
    expect(await app.quit()).toBe(0)
  })
})
