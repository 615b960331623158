// Where plugins may lie, when there are links and archives in their paths.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { startApp } from '../harness/start-app.ts'

const CAMERA = pluginPath('electron_stream')

describe.skipIf(inject('electron') === null)('a plugin', () => {
  it('is not loaded through a link that leads out of the folders', async () => {
    const folder = makeFolder()
    symlinkSync(CAMERA, join(folder, 'camera.so'))
    const failure = await connectTo(join(folder, 'camera.so'), [folder])
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(failure?.message).toContain(CAMERA)
  })

  it('is not loaded from a folder whose name only begins like an allowed one', async () => {
    const folder = makeFolder()
    mkdirSync(join(folder, 'plugins-of-others'))
    copyFileSync(CAMERA, join(folder, 'plugins-of-others', 'camera.so'))
    const path = join(folder, 'plugins', '..', 'plugins-of-others', 'camera.so')
    mkdirSync(join(folder, 'plugins'))
    expect(await connectTo(path, [join(folder, 'plugins')])).toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('is loaded through a link to a folder that is allowed', async () => {
    const folder = makeFolder()
    mkdirSync(join(folder, 'real'))
    copyFileSync(CAMERA, join(folder, 'real', 'camera.so'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    expect(await connectTo(join(folder, 'link', 'camera.so'), [join(folder, 'link')])).toBeUndefined()
  })

  it('is loaded from beside the archive that its path leads into', async () => {
    const folder = makeFolder()
    mkdirSync(join(folder, 'app.asar.unpacked', 'plugins'), { recursive: true })
    copyFileSync(CAMERA, join(folder, 'app.asar.unpacked', 'plugins', 'camera.so'))
    expect(await connectTo(join(folder, 'app.asar', 'plugins', 'camera.so'), [folder])).toBeUndefined()
  })
})

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shared-channel-plugins-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Undefined when it could connect. */
async function connectTo(path: string, folders: string[]) {
  const app = await startApp()
  await app.startBroker({ plugins: { camera: { path, isolation: 'renderer' } }, folders })
  const { page } = await app.openWindow()
  return page.evaluate(() => {
    const { connect, failureOf } = globalThis.page
    return failureOf(connect('camera').then((link) => link.close()))
  })
}
