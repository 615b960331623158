// The sample applications with the native plugin: their components open channels and let go of them.
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { describe, expect, inject, it } from 'vitest'
import { plainLaunch } from '../../launch.ts'
import { expectNothingMore, takeSnapshot } from '../harness/leftovers.ts'
import { startApp } from '../harness/start-app.ts'
import type { TestApp } from '../harness/test-app.ts'

const MAIN = fileURLToPath(new URL('../../../../apps/sample/dist/electron/main.cjs', import.meta.url))
const ADDRESS = 'app://sample/index.html'
const FRAMEWORKS = ['react', 'vue', 'svelte'] as const
const ROUNDS = 5
/** For what a busy machine may take its time. */
const PATIENCE = { timeout: 20_000 }

describe.skipIf(inject('electron') === null).each(FRAMEWORKS)('the sample application in %s', (framework) => {
  it('streams, comes and goes with its channels, and leaves nothing', async () => {
    const { app, page } = await startSample(framework)
    await expectRightStream(page)
    const before = takeSnapshot(app)

    for (let round = 0; round < ROUNDS; round++) {
      await unmount(page)
      await mount(page)
      await expectRightStream(page)
    }
    await expectNothingMore(app, before)

    await unmount(page)
    await expectNoSegments(app)

    await mount(page)
    await expectRightStream(page)
    expect(await app.quit()).toBe(0)
  })

  it('is unmounted while it is connecting and while it streams', async () => {
    const { app, page } = await startSample(framework)
    await expectRightStream(page)
    const before = takeSnapshot(app)

    for (let round = 0; round < ROUNDS; round++) {
      await unmount(page)
      await page.getByRole('button', { name: 'Mount', exact: true }).click()
      await unmount(page)
      await mount(page)
      await instrument(page).getByRole('button', { name: 'Stream' }).click()
    }

    await unmount(page)
    await expectNoSegments(app)
    await mount(page)
    await expectRightStream(page)
    await expectNothingMore(app, before)
  })

  it('has its channels again after a reload', async () => {
    const { app, page } = await startSample(framework)
    await expectRightStream(page)
    const before = takeSnapshot(app)

    for (let round = 0; round < ROUNDS; round++) {
      await page.reload()
      await expectRightStream(page)
    }

    await expectNothingMore(app, before)
  })

  it('says what has come, and why something is refused, in its SharedBufferTest', async () => {
    const { page } = await startSample(framework)
    const test = page.getByRole('region', { name: 'SharedBufferTest' })
    const send = async (text: string) => {
      await test.getByPlaceholder('Enter message').fill(text)
      await test.getByRole('button', { name: 'Send' }).click()
    }
    const received = () => test.getByRole('listitem').allTextContents()

    await expectOpen(page, 'SharedBufferTest')
    await send('hello')
    await expect.poll(received, PATIENCE).toEqual(['HELLO'])

    await test.getByLabel('Buffer size').fill('64')
    await expectOpen(page, 'SharedBufferTest')
    await send('x'.repeat(100))
    await expect.poll(() => test.getByRole('alert').textContent(), PATIENCE).toContain('64')

    await send('still here')
    await expect.poll(received, PATIENCE).toEqual(['HELLO', 'STILL HERE'])
  })

  it('says why there is no channel when the plugin is refused', async () => {
    const { page } = await startSample(framework, '--plugin=/nowhere/sample')
    const component = instrument(page)
    await expect.poll(() => component.locator('.status').getAttribute('data-status'), PATIENCE).toBe('error')
    expect(await component.getByRole('alert').textContent()).toContain('/nowhere/sample')
    expect(await component.getByRole('button', { name: 'Stream' }).isDisabled()).toBe(true)
  })
})

async function startSample(framework: string, ...switches: string[]): Promise<{ app: TestApp; page: Page }> {
  const app = await startApp(plainLaunch(), { main: MAIN, switches: [`--framework=${framework}`, ...switches] })
  const { page } = await app.windowAt(ADDRESS)
  return { app, page }
}

const instrument = (page: Page) => page.getByRole('region', { name: 'Instrument' })

const mount = (page: Page) => page.getByRole('button', { name: 'Mount', exact: true }).click()

async function unmount(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Unmount' }).click()
  await expect.poll(() => instrument(page).count(), PATIENCE).toBe(0)
}

const expectOpen = (page: Page, component: string) =>
  expect
    .poll(() => page.getByRole('region', { name: component }).locator('.status').getAttribute('data-status'), PATIENCE)
    .toBe('open')

/** That the plugin streams and each byte is checked. */
async function expectRightStream(page: Page): Promise<void> {
  await expectOpen(page, 'Instrument')
  await instrument(page).getByRole('button', { name: 'Stream' }).click()
  await expect.poll(() => instrument(page).locator('output').textContent(), PATIENCE).toMatch(/\d/)
  expect(await instrument(page).locator('output').getAttribute('class')).toBe('right')
}

/** No process of the app has memory of a channel any more. */
async function expectNoSegments(app: TestApp): Promise<void> {
  const none = new Map(
    [...takeSnapshot(app)].map(([pid, { kind, counts }]) => [pid, { kind, counts: withoutSegments(counts) }]),
  )
  await expectNothingMore(app, none)
}

const withoutSegments = (counts: Record<string, number>) => ({
  ...counts,
  descriptors: 0,
  mappings: 0,
  'files in /dev/shm': 0,
})
