// What a page is not let do, and what it is told then.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, inject, it } from 'vitest'
import { cameraIn } from '../harness/plugins.ts'
import { startApp } from '../harness/start-app.ts'
import type { TestWindow } from '../harness/test-window.ts'

const ONE_SECOND = 1000

describe.skipIf(inject('electron') === null)('a page is refused', () => {
  it('when nothing has brought the preload, within a second, and hears the likely causes', async () => {
    const app = await startApp()
    const failure = await failureOfConnect(await app.openWindow())
    expect(failure).toMatchObject({ code: 'NOT_SUPPORTED' })
    expect(failure?.message).toMatch(/1\. .*createBroker\(\).*\n2\. .*session.*\n3\. .*nodeIntegrationInSubFrames/)
    expect(failure?.after).toBeLessThan(ONE_SECOND)
  })

  it('when its origin may not connect, and hears the line that would allow it', async () => {
    const app = await startApp()
    await app.startBroker({ ...cameraIn('renderer'), origins: ['app://app', 'https://example.org'] })
    const failure = await failureOfConnect(await app.openWindow({ host: 'other' }))
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(failure?.message).toContain('app://other')
    expect(failure?.message).toContain("createBroker({ origins: ['app://app', 'https://example.org', 'app://other'] })")
    expect(await failureOfConnect(await app.openWindow())).toBeUndefined()
  })

  it.each(['nothing', '../camera', '/etc/passwd', '__proto__', 'constructor', ''])(
    'when it asks for a plugin of no known name: %j',
    async (name) => {
      const app = await startApp()
      await app.startBroker()
      const failure = await failureOfConnect(await app.openWindow(), name)
      expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(failure?.message).toContain(JSON.stringify(name))
      expect(failure?.message).toContain("'camera'")
    },
  )

  it('when the library is another one than its sha256 says', async () => {
    const { folders, plugins } = cameraIn('renderer')
    const { camera } = plugins
    const sha256 = createHash('sha256').update(readFileSync(camera.path)).digest('hex')
    const forged = sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    const app = await startApp()
    await app.startBroker({
      plugins: { camera: { ...camera, sha256 }, forged: { ...camera, sha256: forged } },
      folders,
    })
    const window = await app.openWindow()
    const failure = await failureOfConnect(window, 'forged')
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(failure?.message).toContain(sha256)
    expect(await failureOfConnect(window)).toBeUndefined()
  })

  it('when the library lies outside of the folders', async () => {
    const app = await startApp()
    await app.startBroker({ ...cameraIn('renderer'), folders: ['/usr/lib'] })
    const failure = await failureOfConnect(await app.openWindow())
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(failure?.message).toContain('/usr/lib')
  })

  it('with the errors of the plugin, their codes and causes', async () => {
    const app = await startApp()
    const { folders } = cameraIn('renderer')
    await app.startBroker({
      plugins: {
        missing: { path: pluginPath('missing'), isolation: 'renderer' },
        foreign: { path: pluginPath('wrong_abi'), isolation: 'renderer' },
      },
      folders,
    })
    const window = await app.openWindow()
    expect(await failureOfConnect(window, 'missing')).toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
      cause: { message: expect.stringContaining('ENOENT') },
    })
    expect(await failureOfConnect(window, 'foreign')).toMatchObject({ code: 'PLUGIN_ABI_MISMATCH' })
  })
})

/** Undefined when it could connect. */
function failureOfConnect({ page }: TestWindow, name = 'camera') {
  return page.evaluate(async (name) => {
    const start = performance.now()
    const { connect, failureOf } = globalThis.page
    const failure = await failureOf(connect(name).then((link) => link.close()))
    return failure && { ...failure, after: performance.now() - start }
  }, name)
}
