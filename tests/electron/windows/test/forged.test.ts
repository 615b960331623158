// Pages that mean no good, or are not well: they are told what is wrong, or nothing, and all others go on.
import { describe, expect, inject, it } from 'vitest'
import { connectEnds, pageEnd } from '../harness/ends.ts'
import { cameraIn } from '../harness/plugins.ts'
import { startApp } from '../harness/start-app.ts'
import type { TestApp } from '../harness/test-app.ts'

const GUIDE = { nodeIntegration: true, contextIsolation: false }

/** Of the broker's messages about links, each wrong in another way; and what is none of them. */
const GARBAGE = [
  ...[null, undefined, 0, '', 'connect', [], {}, { type: null }, { type: 'nothing' }, { sharedChannel: 5 }],
  ...['', 'post', 'post\n1\nread-write\n1\n\n', 'post\n1\nread-write\n99999999999\nx\n', 'released\n1', '\0'].map(
    (sharedChannel) => ({ sharedChannel }),
  ),
  ...['connect', 'cancel', 'handle', 'closed', 'web-message'].flatMap((type) => [
    { type },
    { type, id: 7, name: 7, handle: 7 },
    { type, id: {}, name: ['camera'], handle: null, isNative: 'yes' },
    { type, id: '__proto__', name: '__proto__', handle: '1:2:3' },
    { type, id: 'x'.repeat(100_000), name: 'x'.repeat(100_000), handle: 'x'.repeat(100_000) },
  ]),
]

describe.skipIf(inject('electron') === null)('a page', () => {
  it.each([
    ['with a preload in a world of its own', {}],
    ['with a preload in the same world', { contextIsolation: false }],
    ['that is sandboxed', { sandbox: true }],
  ])('may call all that its preload offers with garbage: one %s', async (_which, preferences) => {
    const app = await startedApp()
    const window = await app.openWindow({ preferences })
    const { page } = window
    await page.evaluate(() => globalThis.page.capabilities())
    const outcomes = await page.evaluate(async () => {
      const garbage = [undefined, null, -1, Number.NaN, 2 ** 53, '', '1:2:3', 'x'.repeat(1e5), [], {}, () => {}, true]
      const bridge = Reflect.get(globalThis, '__sharedChannel') as Record<string, (...args: unknown[]) => unknown>
      const names = Object.keys(bridge).filter((name) => typeof bridge[name] === 'function')
      for (const name of names) {
        for (const first of garbage) {
          for (const second of garbage) {
            try {
              const outcome = (await Promise.race([
                bridge[name]?.(first, second, first),
                new Promise((resolve) => setTimeout(resolve, 1000)),
              ])) as { error?: { code?: unknown; message?: unknown } } | undefined
              const error = outcome?.error
              if (error && !(typeof error.code === 'string' && typeof error.message === 'string')) return [name, error]
            } catch (error) {
              if (!(error instanceof Error)) return [name, String(error)]
            }
          }
        }
      }
      return names.length
    })
    expect(outcomes).toBeGreaterThan(10)
    await expectOthersGoOn(app)
    await window.reload()
    expect(await page.evaluate(() => globalThis.page.stream('camera', 1))).toMatchObject({ errors: [] })
  })

  it('that can talk to the main process itself may say garbage', async () => {
    const app = await startedApp()
    const { page } = await app.openWindow({ preferences: GUIDE })
    await page.evaluate((garbage) => {
      const { ipcRenderer } = require('electron') as typeof import('electron')
      for (const message of garbage) {
        const { port1, port2 } = new MessageChannel()
        ipcRenderer.postMessage('shared-channel:hello', message)
        ipcRenderer.postMessage('shared-channel:hello', message, [port2])
        port1.postMessage(message)
      }
      const { port1, port2 } = new MessageChannel()
      ipcRenderer.postMessage('shared-channel:hello', { version: 1, isSandboxed: false }, [port2])
      for (const message of garbage) {
        port1.postMessage(message)
        port1.postMessage(message, [new MessageChannel().port1])
      }
    }, GARBAGE)
    await expectOthersGoOn(app)
  })

  it('of an origin that may not connect cannot say that it is of another one', async () => {
    const app = await startedApp()
    const { page } = await app.openWindow({ host: 'other', preferences: GUIDE })
    const heard = await page.evaluate(async () => {
      const { ipcRenderer } = require('electron') as typeof import('electron')
      const { port1, port2 } = new MessageChannel()
      const heard: unknown[] = []
      const refused = new Promise<void>((resolve) => {
        port1.onmessage = ({ data }) => {
          heard.push([data.type, data.error?.code])
          resolve()
        }
      })
      const hello = { version: 1, isSandboxed: false, origin: 'app://app', frame: { origin: 'app://app' } }
      ipcRenderer.postMessage('shared-channel:hello', hello, [port2])
      await refused
      port1.postMessage({ type: 'connect', id: 'c1', name: 'camera', isNative: true })
      port1.postMessage({ type: 'connect', id: 'c2', name: 'camera', isNative: false })
      await new Promise((resolve) => setTimeout(resolve, 300)) // for an answer that must not come
      return heard
    })
    expect(heard).toEqual([['refused', 'INVALID_ARGUMENT']])
    await expectOthersGoOn(app)
  })

  it('opens no memory that it was not given', async () => {
    const app = await startedApp()
    const { page } = await app.openWindow()
    await page.evaluate(() => globalThis.page.capabilities())
    const handle = await app.electron.evaluate((_, address) => main.postHandle(address), page.url())
    const open = ([handle, access, size]: readonly [string, string, number]) => {
      const { openSegment } = Reflect.get(globalThis, '__sharedChannel')
      const outcome = openSegment(handle, access, size)
      outcome.value?.close()
      return 'error' in outcome ? outcome.error.code : 'opened'
    }
    const forged = [...handle].map((digit) => (/[0-9a-f]/.test(digit) ? (digit === '0' ? '1' : '0') : digit)).join('')
    const cookie = /[0-9a-f]{32}/.exec(handle)?.[0] ?? ''
    const guessed = handle.replace(
      cookie,
      cookie.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
    )
    expect(await page.evaluate(open, [handle, 'read-only', 100] as const)).toBe('opened')
    for (const [text, access, size] of [
      [handle, 'read-write', 100],
      [handle, 'everything', 100],
      [handle, 'read-only', 101],
      [guessed, 'read-only', 100],
      [forged, 'read-only', 100],
      ['/etc/passwd', 'read-only', 100],
    ] as const) {
      expect(await page.evaluate(open, [text, access, size] as const)).toMatch(/^(INVALID_ARGUMENT|CLOSED|PEER_LOST)$/)
    }
    await expectOthersGoOn(app)
  })

  it.each(['renderer', 'utility', 'process'] as const)(
    'that scribbles over its segment ends that: %s',
    async (home) => {
      const app = await startedApp(home)
      const { page } = await app.openWindow()
      expect(await page.evaluate(() => globalThis.page.scribble('camera'))).toBe('CORRUPT')
      await expectOthersGoOn(app)
    },
  )

  it('that scribbles over the segment of two pages ends it for the other one', async () => {
    const app = await startedApp()
    const windows = [await app.openWindow(), await app.openWindow()] as const
    const ends = [pageEnd(windows[0].page), pageEnd(windows[1].page)] as const
    await connectEnds(app, 'talk', ends)
    const ended = ends[1].call('endOf', 'talk')
    await ends[1].call('answer', 'talk') // it looks at what comes
    await ends[0].call('scribble', 'talk')
    expect((await ended).code).toBe('CORRUPT')
    await connectEnds(app, 'again', [ends[1], pageEnd((await app.openWindow()).page)])
    await expectOthersGoOn(app)
  })
})

async function startedApp(home: Parameters<typeof cameraIn>[0] = 'renderer'): Promise<TestApp> {
  const app = await startApp()
  await app.startBroker({ ...cameraIn(home), origins: ['app://app'] })
  await app.electron.evaluate(() => main.collectUncaught())
  return app
}

/** Nothing was thrown in the main process that nobody caught, and another page has all that it wants. */
async function expectOthersGoOn(app: TestApp): Promise<void> {
  const { page } = await app.openWindow()
  expect(await page.evaluate(() => globalThis.page.stream('camera', 1))).toMatchObject({ errors: [] })
  expect(await app.electron.evaluate(() => main.uncaught)).toEqual([])
}
