// The harness itself, against plain Electron: what the other tests rely on.
import { describe, expect, inject, it } from 'vitest'
import { WINDOW_USERS } from '../../launch.ts'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { startApp } from '../harness/start-app.ts'

describe.each(WINDOW_USERS)('a window, %s', (_user, launch) => {
  const test = it.skipIf(launch === null)

  test('comes from an origin that is cross-origin isolated, or from one that is not', async () => {
    const app = await startApp(launch?.())
    const plain = await app.openWindow()
    const state = () => ({ isolated: crossOriginIsolated, node: 'require' in globalThis })
    expect(await plain.page.evaluate(state)).toEqual({ isolated: false, node: false })
    const guide = await app.openWindow({ preferences: { contextIsolation: false, nodeIntegration: true } })
    expect(await guide.page.evaluate(state)).toEqual({ isolated: false, node: true })
    await app.isolatePages()
    const isolated = await app.openWindow({ preferences: { sandbox: true } })
    expect(await isolated.page.evaluate(state)).toEqual({ isolated: true, node: false })
    expect(await app.quit()).toBe(0)
  })

  test('is reloaded, opens another one and ends, one way or another', async () => {
    const app = await startApp(launch?.())
    const window = await app.openWindow({ preferences: { nodeIntegrationInSubFrames: true } })
    await window.page.evaluate(() => Object.assign(globalThis, { before: true }))
    await window.reload()
    expect(await window.page.evaluate(() => 'before' in globalThis)).toBe(false)
    const frame = await window.addFrame(app.newAddress('other'))
    expect(await frame.evaluate(() => location.host)).toBe('other')
    const before = takeSnapshot(app)
    const address = app.newAddress()
    await window.page.evaluate((address) => void open(address), address)
    const child = await app.windowAt(address)
    expect(await child.pid()).toBe(await window.pid())
    await child.close()
    const others = [await app.openWindow(), await app.openWindow(), await app.openWindow()] as const
    await others[0].destroy()
    await others[1].crash()
    await others[2].kill()
    expect(await window.page.evaluate(() => document.title)).toBe('Shared Channel in a window')
    await expectNothingMore(app, before)
    expect(await app.quit()).toBe(0)
  })
})

it.skipIf(inject('electron') === null)('what a test has left is seen', async () => {
  const app = await startApp()
  await app.openWindow()
  const before = takeSnapshot(app)
  await expectNothingMore(app, before)
  await app.electron.evaluate(() => main.holdFiles(50))
  await app.openWindow()
  await expect(expectNothingMore(app, before, { deadline: 500 })).rejects.toThrow(
    /all descriptors: .*\n.*renderer: 2, before 1/,
  )
})
