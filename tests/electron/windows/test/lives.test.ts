// Pages that come and go, with channels that are busy.
import { describe, expect, inject, it } from 'vitest'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { isRunning } from '../harness/processes.ts'
import { startApp } from '../harness/start-app.ts'

const RELOADS = 50
const KILLS = 30

const flood = () => globalThis.page.flood('camera')
const stream = () => globalThis.page.stream('camera', 1)

describe.skipIf(inject('electron') === null)('a page with busy channels', () => {
  it(`may be reloaded ${RELOADS} times`, async () => {
    const { app, window } = await openedWindow()
    const pid = await window.pid()
    const before = takeSnapshot(app)
    for (let round = 0; round < RELOADS; round++) {
      await window.page.evaluate(flood)
      await window.reload()
      // Chromium's inspector, by which the test runs, keeps pages that were left for longer than the engine does by itself.
      if (round % 5 === 0) await app.collectGarbage()
    }
    expect(await window.page.evaluate(stream)).toMatchObject({ errors: [] })
    expect(await window.pid()).toBe(pid)
    await expectNothingMore(app, before)
  })

  it(`may be killed ${KILLS} times`, async () => {
    const { app, window } = await openedWindow()
    const before = takeSnapshot(app)
    for (let round = 0; round < KILLS; round++) {
      const victim = await app.openWindow()
      await victim.page.evaluate(flood)
      await victim.kill()
      await victim.destroy()
    }
    expect(await window.page.evaluate(stream)).toMatchObject({ errors: [] })
    await expectNothingMore(app, before)
  })

  it('is left for another page, and come back to', async () => {
    const { app, window } = await openedWindow()
    const before = takeSnapshot(app)
    for (const address of [app.newAddress('other'), app.newAddress(), 'about:blank', app.newAddress()]) {
      await window.page.goto(address)
      if (address.startsWith('app://app')) await window.page.evaluate(flood)
    }
    await window.reload()
    expect(await window.page.evaluate(stream)).toMatchObject({ errors: [] })
    await expectNothingMore(app, before)
  })

  it('loses nothing by navigation within its document', async () => {
    const { window } = await openedWindow()
    const answered = await window.page.evaluate(async () => {
      const channel = await globalThis.page.open('camera')
      history.pushState({}, '', '?elsewhere')
      location.hash = 'here'
      const report = new Promise<Uint8Array>((resolve) => channel.on('report', resolve))
      channel.send('askReport', new Uint8Array())
      return (await report).length
    })
    expect(answered).toBe(16)
  })

  it('ends with the app, whose exit code is 0', async () => {
    const { app, window } = await openedWindow()
    await window.page.evaluate(flood)
    expect(await app.quit()).toBe(0)
  })

  it('is an iframe, which goes', async () => {
    const { app, window } = await openedWindow()
    const before = takeSnapshot(app)
    for (let round = 0; round < 5; round++) {
      const frame = await window.addFrame(app.newAddress())
      await frame.evaluate(flood)
      await window.page.evaluate(() => document.querySelector('iframe')?.remove())
    }
    expect(await window.page.evaluate(stream)).toMatchObject({ errors: [] })
    // What drives the tests keeps the memory of iframes that are gone.
    await expectNothingMore(app, before, { but: 'mappings' })
  })
})

describe.skipIf(inject('electron') === null)('windows that share a process', () => {
  it.each(['reload', 'close', 'destroy'] as const)('lose nothing by the end of one of them: %s', async (how) => {
    const { app, window, child } = await openedChild()
    const before = takeSnapshot(app)
    await child.page.evaluate(flood)
    await child[how]()
    expect(await window.page.evaluate(stream)).toMatchObject({ errors: [] })
    await expectNothingMore(app, before)
  })

  it('lose nothing when the one that has opened the other is reloaded', async () => {
    const { app, window, child } = await openedChild()
    const before = takeSnapshot(app)
    for (let round = 0; round < 5; round++) {
      await window.page.evaluate(flood)
      const streamed = child.page.evaluate(() => globalThis.page.stream('camera', 20))
      await window.reload()
      expect(await streamed).toMatchObject({ errors: [] })
      expect(await window.page.evaluate(stream)).toMatchObject({ errors: [] })
    }
    await expectNothingMore(app, before)
  })

  it.each(['close', 'destroy'] as const)('end with their opener: %s', async (how) => {
    const { app, window, child } = await openedChild()
    const other = await app.openWindow()
    await child.page.evaluate(flood)
    const pid = await child.pid()
    await window[how]()
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false)
    expect(await other.page.evaluate(stream)).toMatchObject({ errors: [] })
    expect(await app.quit()).toBe(0)
  })

  it('end together when it crashes, and others are connected afterwards', async () => {
    const { app, window, child } = await openedChild()
    await child.page.evaluate(flood)
    await window.crash()
    const next = await app.openWindow()
    expect(await next.page.evaluate(stream)).toMatchObject({ errors: [] })
    expect(await app.quit()).toBe(0)
  })
})

async function openedWindow() {
  const app = await startApp()
  await app.startBroker()
  const window = await app.openWindow({ preferences: { nodeIntegrationInSubFrames: true } })
  await window.page.evaluate(stream)
  return { app, window }
}

/** A window and one that it has opened itself. */
async function openedChild() {
  const { app, window } = await openedWindow()
  const address = app.newAddress()
  await window.page.evaluate((address) => void open(address), address)
  const child = await app.windowAt(address)
  expect(await child.pid()).toBe(await window.pid())
  await child.reload() // what drives the tests sometimes keeps the preload out of a new window's first page
  await child.page.evaluate(stream)
  return { app, window, child }
}
