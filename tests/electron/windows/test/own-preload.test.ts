// Applications that have preloads of their own, with ours in them, and a broker that registers none.
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, it } from 'vitest'
import { cameraIn } from '../harness/plugins.ts'
import { startApp } from '../harness/start-app.ts'

const PRELOADS = {
  bundled: fileURLToPath(new URL('../../dist/windows/preloads/bundled.cjs', import.meta.url)),
  required: fileURLToPath(new URL('../app/preloads/required.cjs', import.meta.url)),
}

describe.skipIf(inject('electron') === null)('a preload of the application', () => {
  it.each([
    ['bundled', false, 'aliased'],
    ['bundled', true, 'copy'],
    ['required', false, 'aliased'], // a sandboxed preload can require nothing
  ] as const)('may bring ours: %s, sandbox %s', async (kind, sandbox, memory) => {
    const app = await startApp()
    await app.startBroker({ ...cameraIn('renderer'), preload: false })
    const { page } = await app.openWindow({ preferences: { preload: PRELOADS[kind], sandbox } })
    expect(await page.evaluate(() => Reflect.get(globalThis, 'own'))).toEqual({ kind })
    expect(await page.evaluate(() => globalThis.page.capabilities())).toMatchObject({ memory })
    expect(await page.evaluate(() => globalThis.page.stream('camera', 1))).toMatchObject({ errors: [] })
  })

  it('may bring ours although the broker registers it too', async () => {
    const app = await startApp()
    await app.startBroker()
    const { page } = await app.openWindow({ preferences: { preload: PRELOADS.bundled } })
    expect(await page.evaluate(() => Reflect.get(globalThis, 'own'))).toEqual({ kind: 'bundled' })
    expect(await page.evaluate(() => globalThis.page.stream('camera', 1))).toMatchObject({ errors: [] })
  })
})
