// Buffers that are posted to the script of windows and iframes, and back.
import { describe, expect, inject, it } from 'vitest'
import { fill } from '../../app/sharing/pattern.ts'
import { checksumOf } from '../../expected.ts'
import { WINDOW_USERS } from '../../launch.ts'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { startApp } from '../harness/start-app.ts'

/** Script gets memory in such steps. */
const STEP = 65536
const SIZE = 16 * STEP
/** Of a hundred rounds; every tenth needs a larger buffer. */
const SIZES = Array.from({ length: 100 }, (_, round) => SIZE + (round % 10 === 0 ? round * STEP : 0))

/** Whether the windows are sandboxed. */
const WINDOWS = [
  ['that can hold native code', false],
  ['that is sandboxed', true],
] as const

describe.each(WINDOW_USERS)('pages as they are written for WebView2, %s', (_user, launch) => {
  const tests = it.skipIf(launch === null).each(WINDOWS)

  tests('show one buffer, in a window %s', async (_which, sandbox) => {
    const app = await startApp(launch?.())
    await app.startBroker()
    const { page } = await app.openWindow({ file: 'webview2-once.html', preferences: { sandbox } })
    const before = takeSnapshot(app)
    const released = await app.electron.evaluate((_, post) => main.postOnce(...post), [page.url(), SIZE, 7] as const)
    expect(released).toBe('released')
    expect(await page.evaluate(() => globalThis.page.displayed)).toEqual([checksumOf(7, SIZE)])
    await expectNothingMore(app, before)
  })

  tests('show a buffer again and again, a hundred rounds in an iframe of a window %s', async (_which, sandbox) => {
    const app = await startApp(launch?.())
    await app.startBroker()
    const window = await app.openWindow({ preferences: { sandbox, nodeIntegrationInSubFrames: true } })
    const frame = await window.addFrame(app.newAddress('app', 'webview2-many.html'))
    const before = takeSnapshot(app)
    await app.electron.evaluate((_, show) => main.showRounds(...show), [frame.url(), SIZES] as const)
    expect(await frame.evaluate(() => globalThis.page.displayed)).toEqual(expectedOf(SIZES))
    await expectNothingMore(app, before)
  })
})

describe.skipIf(inject('electron') === null)('a buffer that script has made', () => {
  it('reaches the main process, which hears whose it is', async () => {
    const app = await startApp()
    await app.startBroker()
    const { page } = await app.openWindow()
    const before = takeSnapshot(app)
    const next = app.electron.evaluate(() => main.nextFromPage())
    expect(await page.evaluate((size) => globalThis.page.postBuffer(size, 9, { kind: 'print' }), SIZE)).toBe('released')
    const origin = 'app://app'
    expect(await next).toEqual({ origin, data: { kind: 'print' }, size: SIZE, checksum: checksumOf(9, SIZE) })
    await expectNothingMore(app, before)
  })
})

describe.skipIf(inject('electron') === null)('the memory of a page', () => {
  it('may be handed to its Web Workers, when it has chosen that', async () => {
    const app = await startApp()
    await app.startBroker()
    await app.isolatePages()
    const { page } = await app.openWindow()
    const before = takeSnapshot(app)
    const summed = page.evaluate(async () => {
      const { sharedBuffers, useMemory } = globalThis.page
      await useMemory('shared')
      const source = 'onmessage = ({ data }) => postMessage(new Uint8Array(data).reduce((sum, byte) => sum + byte, 0))'
      const worker = new Worker(URL.createObjectURL(new Blob([source])))
      const sum = await new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data)
        sharedBuffers.addEventListener('sharedbufferreceived', (event) => {
          const buffer = event.getBuffer()
          worker.postMessage(buffer)
          worker.addEventListener('message', () => event.received.release())
        })
      })
      worker.terminate()
      return { sum, memory: (await globalThis.page.capabilities()).memory }
    })
    const released = app.electron.evaluate((_, post) => main.postOnce(...post), [page.url(), SIZE, 7] as const)
    expect(await summed).toEqual({ sum: expect.any(Number), memory: 'shared' })
    const contents = new Uint8Array(SIZE)
    fill(contents, 7)
    expect((await summed).sum).toBe(contents.reduce((sum, byte) => sum + byte, 0))
    expect(await released).toBe('released')
    await expectNothingMore(app, before)
  })

  it('is as it was when a way is chosen that the page does not have', async () => {
    const app = await startApp()
    await app.startBroker()
    const { page } = await app.openWindow()
    const failed = await page.evaluate(() => globalThis.page.failureOf(globalThis.page.useMemory('shared')))
    expect(failed).toMatchObject({ code: 'NOT_SUPPORTED', message: expect.stringContaining('COOP') })
    expect(await page.evaluate(() => globalThis.page.capabilities())).toMatchObject({ memory: 'aliased' })
  })

  it('is shown to the preload once, however often it is used', async () => {
    const app = await startApp()
    await app.startBroker()
    const { page } = await app.openWindow()
    const shown = await page.evaluate(async (size) => {
      await globalThis.page.capabilities() // tries memory of its own
      let shown = 0
      const dispatch = document.dispatchEvent.bind(document)
      document.dispatchEvent = (event) => {
        if (event instanceof MediaEncryptedEvent) shown++
        return dispatch(event)
      }
      for (let round = 0; round < 5; round++) {
        const buffer = await globalThis.page.createSharedBuffer(size)
        buffer.close()
        await new Promise((resolve) => setTimeout(resolve)) // what was used in a task lives as long as that
        const collect = gc as () => void
        collect()
      }
      return shown
    }, SIZE)
    expect(shown).toBe(1)
  })

  it('is let go of when it is of no use: there is room for a hundred', async () => {
    const app = await startApp()
    await app.startBroker()
    const { page } = await app.openWindow()
    const made = await page.evaluate(async (step) => {
      let made = 0
      for (; made < 150; made++) {
        const buffer = await globalThis.page.createSharedBuffer((made + 2) * step)
        buffer.close()
        await new Promise((resolve) => setTimeout(resolve)) // what was used in a task lives as long as that
      }
      return made
    }, STEP)
    expect(made).toBe(150)
  })

  it('is let go of when nobody has closed it', async () => {
    const app = await startApp()
    await app.startBroker()
    const { page } = await app.openWindow()
    const made = await page.evaluate(async (size) => {
      let made = 0
      for (; made < 150; made++) {
        await globalThis.page.createSharedBuffer(size)
        if (made % 50 === 49) {
          ;(gc as () => void)()
          await new Promise((resolve) => setTimeout(resolve, 100)) // for what is called afterwards
        }
      }
      return made
    }, SIZE)
    expect(made).toBe(150)
  })
})

/** What is seen in each round: all of the buffer, which is as large as any round so far has needed it. */
function expectedOf(sizes: readonly number[]): number[] {
  return sizes.map((_, round) => checksumOf(round + 1, Math.max(...sizes.slice(0, round + 1))))
}
