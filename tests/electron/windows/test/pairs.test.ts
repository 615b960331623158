// Windows and iframes that are connected with each other.
import { describe, expect, inject, it } from 'vitest'
import { WINDOW_USERS } from '../../launch.ts'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { connectPages, expectExchange, type Talker } from '../harness/pairs.ts'
import { startApp } from '../harness/start-app.ts'

const MEBIBYTES = 20
const ONE_SECOND = 1000

describe.each(WINDOW_USERS)('two windows, %s', (_user, launch) => {
  it.skipIf(launch === null).each([
    ['that can hold native code', [false, false]],
    ['of which one is sandboxed', [false, true]],
    ['that are sandboxed', [true, true]],
  ] as const)('exchange checked data: those %s', async (_which, [first, second]) => {
    const app = await startApp(launch?.())
    await app.startBroker()
    const a = await app.openWindow({ preferences: { sandbox: first } })
    const b = await app.openWindow({ preferences: { sandbox: second } })
    await connectPages(app, 'talk', [a.page, b.page])
    await expectExchange('talk', [a.page, b.page], MEBIBYTES)
    expect(await app.quit()).toBe(0)
  })
})

describe.skipIf(inject('electron') === null)('connected pages', () => {
  it('may be iframes', async () => {
    const app = await startApp()
    await app.startBroker()
    const window = await app.openWindow({ preferences: { nodeIntegrationInSubFrames: true } })
    const frames = [await window.addFrame(app.newAddress()), await window.addFrame(app.newAddress())] as const
    await connectPages(app, 'frames', frames)
    await connectPages(app, 'frame and window', [frames[0], window.page])
    await expectExchange('frames', frames, MEBIBYTES)
    await expectExchange('frame and window', [frames[0], window.page], MEBIBYTES)
  })

  it.each(['reload', 'close', 'destroy', 'crash', 'kill'] as const)(
    'hear within a second of the other one’s end: %s',
    async (how) => {
      const { app, a, b, ends } = await connectedWindows()
      await expectExchange('talk', ends, 1)
      const before = takeSnapshot(app)
      const ended = a.page.evaluate(() => page.talks.endOf('talk'))
      const closed = app.electron.evaluate(async () => {
        await main.connections.get('talk')?.closed
        return Date.now()
      })
      const at = Date.now()
      await b[how]()
      expect((await ended).at - at).toBeLessThan(ONE_SECOND)
      expect((await closed) - at).toBeLessThan(ONE_SECOND)
      await expectNothingMore(app, before)
      const next = await app.openWindow()
      await connectPages(app, 'next', [a.page, next.page])
      await expectExchange('next', [a.page, next.page], 1)
    },
  )

  it('may be waited for, but not when their window is destroyed before there is one', async () => {
    const app = await startApp()
    await app.startBroker()
    const codes = await app.electron.evaluate(async ({ BrowserWindow }) => {
      const codeOf = (error: { code?: string } | undefined) => error?.code
      const window = new BrowserWindow({ show: false })
      const link = main.broker.link(window, { name: 'a' }).then(() => 'linked', codeOf)
      const { closed } = main.broker.connect(window, new BrowserWindow({ show: false }), { name: 'b' })
      window.destroy()
      const late = main.broker.link(window, { name: 'c' }).then(() => 'linked', codeOf)
      return Promise.all([link, closed.then(codeOf), late])
    })
    expect(codes).toEqual(['CLOSED', 'CLOSED', 'CLOSED'])
    expect(await app.quit()).toBe(0)
  })

  it('hear of it when the main process closes their connection', async () => {
    const { app, ends } = await connectedWindows()
    const ended = Promise.all(ends.map((end) => end.evaluate(() => page.talks.endOf('talk'))))
    const at = Date.now()
    await app.electron.evaluate(async () => main.connections.get('talk')?.close())
    for (const end of await ended) expect(end.at - at).toBeLessThan(ONE_SECOND)
  })
})

async function connectedWindows() {
  const app = await startApp()
  await app.startBroker()
  const a = await app.openWindow()
  const b = await app.openWindow()
  const ends: [Talker, Talker] = [a.page, b.page]
  await connectPages(app, 'talk', ends)
  return { app, a, b, ends }
}
