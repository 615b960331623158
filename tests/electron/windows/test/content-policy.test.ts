// Pages with a Content-Security-Policy.
import { describe, expect, inject, it } from 'vitest'
import { startApp } from '../harness/start-app.ts'
import type { TestApp } from '../harness/test-app.ts'

describe.skipIf(inject('electron') === null)('a page with a Content-Security-Policy', () => {
  it.each([
    "default-src 'none'; script-src app:",
    "default-src 'none'; script-src app:; require-trusted-types-for 'script'; trusted-types 'none'",
    "default-src 'none'; script-src app:; sandbox allow-scripts allow-same-origin",
  ])('shares memory without a copy: %s', async (policy) => {
    const app = await startApp()
    await app.startBroker()
    await setPolicy(app, policy)
    const { page } = await app.openWindow()
    expect(await page.evaluate(compileModule)).toBe(false)
    expect(await page.evaluate(() => globalThis.page.capabilities())).toMatchObject({ memory: 'aliased' })
    const { errors, received } = await page.evaluate(() => globalThis.page.stream('camera', 1))
    expect(errors).toEqual([])
    expect(received).toMatchObject({ wrong: 0 })
  })

  it('has no origin, and may not connect, when it is sandboxed without one', async () => {
    const app = await startApp()
    await app.startBroker()
    await setPolicy(app, 'sandbox allow-scripts')
    const { page } = await app.openWindow()
    const failure = await page.evaluate(() => globalThis.page.failureOf(globalThis.page.connect('camera')))
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('null') })
  })
})

/** For pages that are loaded from here on. */
async function setPolicy(app: TestApp, policy: string): Promise<void> {
  await app.electron.evaluate(({ session }, policy) => {
    session.defaultSession.webRequest.onHeadersReceived(({ responseHeaders }, respond) =>
      respond({ responseHeaders: { ...responseHeaders, 'Content-Security-Policy': [policy] } }),
    )
  }, policy)
}

/** In the page: whether the policy lets it compile WebAssembly, which is more than to make memory. */
function compileModule(): boolean {
  try {
    new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
    return true
  } catch {
    return false
  }
}
