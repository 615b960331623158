// Pages and plugins.
import { describe, expect, inject, it } from 'vitest'
import { WINDOW_USERS } from '../../launch.ts'
import type { Streamed } from '../app/page.ts'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { startApp } from '../harness/start-app.ts'

const MEBIBYTES = 50

/** Whether the pages have COOP and COEP, and the preload a world of its own. */
const WORLDS = [
  [false, true],
  [false, false],
  [true, true],
  [true, false],
] as const

describe.each(WINDOW_USERS)('a page, %s', (_user, launch) => {
  it.skipIf(launch === null).each(WORLDS)(
    'streams checked data to a plugin and back: cross-origin isolated %s, contextIsolation %s',
    async (isolated, contextIsolation) => {
      const app = await startApp(launch?.())
      await app.startBroker()
      if (isolated) await app.isolatePages()
      const { page } = await app.openWindow({ preferences: { contextIsolation } })
      expect(await page.evaluate(() => globalThis.page.capabilities())).toEqual({
        zeroCopy: true,
        memory: 'aliased',
        nativeInProcess: true,
      })
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated)
      expectAllRight(await page.evaluate((mebibytes) => globalThis.page.stream('camera', mebibytes), MEBIBYTES))
      expect(await app.quit()).toBe(0)
    },
  )
})

describe.skipIf(inject('electron') === null)('a page that connects', () => {
  it('gets an instance of its own each time', async () => {
    const app = await startApp()
    await app.startBroker()
    const { page } = await app.openWindow()
    const streamed = await page.evaluate(() =>
      Promise.all([globalThis.page.stream('camera', 5), globalThis.page.stream('camera', 5)]),
    )
    for (const one of streamed) expectAllRight(one)
  })

  it('may do so a thousand times', async () => {
    const app = await startApp()
    await app.startBroker()
    const { page } = await app.openWindow()
    await page.evaluate(() => globalThis.page.stream('camera', 1))
    const before = takeSnapshot(app)
    const answers = await page.evaluate(async () => {
      let answers = 0
      for (let i = 0; i < 1000; i++) {
        const channel = await globalThis.page.open('camera')
        const report = new Promise((resolve) => channel.on('report', resolve))
        channel.send('askReport', new Uint8Array())
        await report
        answers++
        await channel.close()
      }
      return answers
    })
    expect(answers).toBe(1000)
    await expectNothingMore(app, before)
  })
})

function expectAllRight({ sent, received, errors }: Streamed): void {
  expect(errors).toEqual([])
  for (const checked of [sent, received]) {
    expect(checked).toMatchObject({ wrong: 0 })
    expect(checked.messages).toBeGreaterThan(100)
  }
}
