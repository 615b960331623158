// Plugins in each of their homes: the page's process, a utility process, a process of their own.
import { dirname } from 'node:path'
import type { PluginHome } from '@shared-channel/electron/main'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, inject, it } from 'vitest'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { cameraIn } from '../harness/plugins.ts'
import { startApp } from '../harness/start-app.ts'

const CRASH = pluginPath('crash')
const REFUSER = pluginPath('interface_refuser')
const HOMES: readonly PluginHome[] = ['renderer', 'utility', 'process']
const MEBIBYTES = 10
const RELOADS = 10

describe.skipIf(inject('electron') === null)('a plugin', () => {
  it.each(HOMES.flatMap((home) => [[home, false] as const, [home, true] as const]))(
    'is opened, answers and leaves nothing: in %s, for a page with sandbox %s',
    async (home, sandbox) => {
      const app = await startApp()
      await app.startBroker(cameraIn(home))
      const { page } = await app.openWindow({ preferences: { sandbox } })
      const before = takeSnapshot(app)
      const streamed = await page.evaluate((mebibytes) => globalThis.page.stream('camera', mebibytes), MEBIBYTES)
      expect(streamed).toMatchObject({ sent: { wrong: 0 }, received: { wrong: 0 }, errors: [] })
      expect(streamed.received.bytes).toBeGreaterThanOrEqual(MEBIBYTES * 2 ** 20)
      await expectNothingMore(app, before)
      expect(await app.quit()).toBe(0)
    },
  )

  it.each(HOMES)('says why it cannot be opened, in %s', async (home) => {
    const app = await startApp()
    await app.startBroker({ plugins: { refuser: { path: REFUSER, isolation: home } }, folders: [dirname(REFUSER)] })
    const { page } = await app.openWindow()
    const failure = await page.evaluate(() => globalThis.page.failureOf(globalThis.page.connect('refuser')))
    expect(failure).toMatchObject({ code: 'PLUGIN_INIT_FAILED' })
  })

  it.each([
    ['utility', false],
    ['utility', true],
    ['process', false],
    ['process', true],
  ] as const)('may crash, and the page goes on: in %s, for a page with sandbox %s', async (home, sandbox) => {
    const app = await startApp()
    await app.startBroker({ plugins: { crash: { path: CRASH, isolation: home } }, folders: [dirname(CRASH)] })
    const { page } = await app.openWindow({ preferences: { sandbox } })
    const before = takeSnapshot(app)
    for (let round = 0; round < 3; round++) {
      const code = await page.evaluate(async () => {
        const channel = await globalThis.page.open('crash')
        channel.send('data', new TextEncoder().encode('abort'))
        const { reason } = await channel.closed
        return reason?.code
      })
      expect(code).toBe('PEER_LOST')
    }
    await expectNothingMore(app, before)
  })

  it.each(['utility', 'process'] as const)('is let go of when the page is reloaded under load, in %s', async (home) => {
    const app = await startApp()
    await app.startBroker(cameraIn(home))
    const window = await app.openWindow()
    const before = takeSnapshot(app)
    for (let round = 0; round < RELOADS; round++) {
      await window.page.evaluate(() => globalThis.page.flood('camera'))
      await window.reload()
    }
    await expectNothingMore(app, before)
  })
})
