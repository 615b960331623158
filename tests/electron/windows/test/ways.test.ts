// The ways by which memory reaches a page, each forced: what works by one works by all.
import { describe, expect, it } from 'vitest'
import { checksumOf } from '../../expected.ts'
import { WINDOW_USERS } from '../../launch.ts'
import { hasAllUsers } from '../../ordinary-user.ts'
import { connectEnds, expectExchange, memberEnd, pageEnd } from '../harness/ends.ts'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { cameraIn } from '../harness/plugins.ts'
import { type AppOptions, startApp } from '../harness/start-app.ts'
import type { TestApp } from '../harness/test-app.ts'
import type { TestWindow } from '../harness/test-window.ts'

const MEBIBYTES = 10
const SIZE = 1 << 20
/** Electron 22 has resizable buffers by this only. */
const RESIZABLE = '--js-flags=--expose-gc --harmony-rab-gsab'

/** What is forced, how the window and the app are, and the class of the buffers that script gets. */
interface Way {
  readonly memory: 'aliased' | 'shared' | 'transferable' | 'copy'
  readonly isIsolated?: boolean
  readonly switches?: readonly string[]
  readonly kind: 'ArrayBuffer' | 'SharedArrayBuffer'
}

const WAYS: readonly Way[] = [
  { memory: 'aliased', kind: 'ArrayBuffer' },
  { memory: 'shared', isIsolated: true, kind: 'SharedArrayBuffer' },
  { memory: 'transferable', switches: [RESIZABLE], kind: 'ArrayBuffer' },
  { memory: 'copy', kind: 'ArrayBuffer' },
]
/** Each home where all users try it, too; homes.test.ts has them all. */
const HOMES = hasAllUsers() ? (['renderer', 'utility', 'process'] as const) : (['renderer'] as const)

describe.each(WINDOW_USERS)('%s:', (_user, launch) => {
  describe.skipIf(launch === null).each(WAYS)('memory that reaches pages $memory', (way) => {
    const start = (home: (typeof HOMES)[number] = 'renderer') => startWay(way, home, launch?.())

    it.each(HOMES)('carries checked data to a plugin and back: %s', async (home) => {
      const app = await start(home)
      const { page } = await openWindow(app, way)
      expect(await page.evaluate(() => globalThis.page.capabilities())).toMatchObject({
        memory: way.memory,
        zeroCopy: way.memory !== 'copy',
        nativeInProcess: way.memory !== 'copy',
      })
      const stream = (mebibytes: number) => globalThis.page.stream('camera', mebibytes)
      await page.evaluate(stream, 1)
      const before = takeSnapshot(app)
      const { sent, received, errors } = await page.evaluate(stream, MEBIBYTES)
      expect(errors).toEqual([])
      expect([sent.wrong, received.wrong]).toEqual([0, 0])
      expect(Math.min(sent.bytes, received.bytes)).toBeGreaterThanOrEqual(MEBIBYTES * 2 ** 20)
      await expectNothingMore(app, before)
      expect(await app.quit()).toBe(0)
    })

    it('carries checked data without a world of the preload’s own', async () => {
      const app = await start()
      const { page } = await openWindow(app, way, { contextIsolation: false })
      const { sent, received, errors } = await page.evaluate(() => globalThis.page.stream('camera', 10))
      expect({ errors, wrong: sent.wrong + received.wrong }).toEqual({ errors: [], wrong: 0 })
    })

    it('carries checked data to another page, and to a utility process', async () => {
      const app = await start()
      const pages = [await openWindow(app, way), await openWindow(app, way)] as const
      const ends = [pageEnd(pages[0].page), pageEnd(pages[1].page)] as const
      const utility = [await memberEnd(app, 'utility'), ends[1]] as const
      const before = takeSnapshot(app)
      await connectEnds(app, 'pages', ends)
      await connectEnds(app, 'process', utility)
      await Promise.all([expectExchange('pages', ends, MEBIBYTES), expectExchange('process', utility, MEBIBYTES)])
      for (const name of ['pages', 'process']) await ends[1].call('close', name)
      await expectNothingMore(app, before)
      expect(await app.quit()).toBe(0)
    })

    it.each(['read-only', 'read-write'] as const)('shows a posted buffer, %s', async (access) => {
      const app = await start()
      const { page } = await openWindow(app, way)
      const before = takeSnapshot(app)
      for (const seed of [3, 4]) {
        await page.evaluate((seed) => globalThis.page.expectBuffer(seed), seed + 10)
        const post = { size: SIZE, seed, access }
        const { released, kept } = await app.electron.evaluate(
          (_, [address, post]) => main.postAndKeep(address, post),
          [page.url(), post] as const,
        )
        const written = checksumOf(seed + 10, SIZE)
        expect(await page.evaluate(() => globalThis.page.taken)).toEqual({
          access,
          additionalData: { seed },
          size: SIZE,
          seen: checksumOf(seed, SIZE),
          written,
          kind: way.kind,
          left: way.kind === 'ArrayBuffer' ? [0, 0] : [SIZE, 0],
        })
        expect(released).toBe('released')
        const mayWrite = access === 'read-write' && way.memory !== 'copy'
        expect(kept).toBe(mayWrite ? written : checksumOf(seed, SIZE))
      }
      await expectNothingMore(app, before)
    })

    it('takes a buffer of the script’s', async () => {
      const app = await start()
      const { page } = await openWindow(app, way)
      const before = takeSnapshot(app)
      for (const seed of [5, 6]) {
        const next = app.electron.evaluate(() => main.nextFromPage())
        const post = ([size, seed]: readonly [number, number]) => globalThis.page.postBuffer(size, seed, { seed })
        expect(await page.evaluate(post, [SIZE, seed] as const)).toBe('released')
        const checksum = checksumOf(seed, SIZE)
        expect(await next).toEqual({ origin: 'app://app', data: { seed }, size: SIZE, checksum })
      }
      await expectNothingMore(app, before)
    })
  })
})

async function startWay(way: Way, home: (typeof HOMES)[number], launch: Parameters<typeof startApp>[0]) {
  const { memory, isIsolated, switches } = way
  const options: AppOptions = {
    ...(switches && { switches }),
    ...(memory !== 'copy' && { environment: { SHARED_CHANNEL_PAGE_MEMORY: memory } }),
  }
  const app = await startApp(launch, options)
  await app.startBroker(cameraIn(home))
  if (isIsolated) await app.isolatePages()
  return app
}

const openWindow = (app: TestApp, { memory }: Way, preferences = {}): Promise<TestWindow> =>
  app.openWindow({ preferences: { sandbox: memory === 'copy', ...preferences } })
