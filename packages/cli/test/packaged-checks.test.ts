import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readApp } from '../src/app/app.ts'
import { findingsOf, outlineOf } from './helpers/app-of.ts'
import { executableWithFuses, type PackageOptions, packageApp } from './helpers/packaged-app.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const folder = temporaryFolder()
const NATIVE = 'node_modules/@shared-channel/native'
const ADDON = `${NATIVE}/build/Release/shared_channel.node`
const HOST = `${NATIVE}/build/Release/shared-channel-host`
const PLUGIN = 'plugins/libcamera.so'
const OURS = { [ADDON]: '\x7fELF', [HOST]: '\x7fELF', [`${NATIVE}/package.json`]: '{}' }
const UNPACK = '**/{*.node,*.so,shared-channel-host}'
const outline = async (check: string, options: PackageOptions) =>
  outlineOf(check, readApp(await packageApp(folder, options)))

describe('asar', () => {
  it('is well when native code is unpacked', async () => {
    const files = { ...OURS, [PLUGIN]: '\x7fELF sc_get_plugin_entry' }
    expect(await outline('asar', { files, unpack: UNPACK })).toEqual(['ok'])
  })

  it('finds the addon and its host within the archive', async () => {
    expect(await outline('asar', { files: OURS })).toEqual([
      `problem resources/app.asar/${ADDON} resources/app.asar/${HOST}`,
    ])
    expect(await outline('asar', { files: OURS, unpack: '**/*.node' })).toEqual([`problem resources/app.asar/${HOST}`])
  })

  it.each(['sc_get_plugin_entry', 'get_plugin_interface'])('finds plugins by what they export: %s', async (symbol) => {
    const files = { ...OURS, [PLUGIN]: `\x7fELF\0${symbol}\0`, 'lib/libother.so': '\x7fELF' }
    expect(await outline('asar', { files, unpack: '**/{*.node,shared-channel-host}' })).toEqual([
      `problem resources/app.asar/${PLUGIN}`,
    ])
  })

  it('finds that the addon was left behind, or what was unpacked', async () => {
    const { [ADDON]: _, ...files } = OURS
    expect(await outline('asar', { files, unpack: UNPACK })).toEqual(['problem resources/app.asar'])
    const app = await packageApp(folder, { files: OURS, unpack: UNPACK })
    rmSync(join(app, 'resources/app.asar.unpacked', ADDON))
    expect(await outlineOf('asar', readApp(app))).toEqual([`problem resources/app.asar.unpacked/${ADDON}`])
  })

  it('has nothing to say about other archives', async () => {
    expect(await outline('asar', { files: { 'main.js': '' } })).toEqual([])
  })

  it('says that a damaged archive was not read', async () => {
    const app = await packageApp(folder, { files: OURS })
    writeFileSync(join(app, 'resources/app.asar'), 'no archive')
    expect(readApp(app)).toMatchObject({ archives: [], leftOut: ['resources/app.asar'] })
  })
})

describe('what an application is read from', () => {
  const files = { 'main.js': '\nnew BrowserWindow()', 'node_modules/x/main.js': 'new BrowserWindow()', 'a.html': '' }

  it('is its archive, without the packages in it', async () => {
    const app = await packageApp(folder, { files })
    expect(await outlineOf('sandbox', readApp(app))).toEqual(['note resources/app.asar/main.js:2'])
    expect(readApp(app).pages.map(({ path }) => path)).toEqual(['resources/app.asar/a.html'])
    expect(readApp(app).manifest).toMatchObject({ name: 'app' })
  })

  it('may be the folder resources', async () => {
    const app = await packageApp(folder, { files, executable: executableWithFuses(false), version: '30.0.1' })
    const found = readApp(join(app, 'resources'))
    expect(await outlineOf('sandbox', found)).toEqual(['note app.asar/main.js:2'])
    expect(found.electrons).toMatchObject([{ version: '30.0.1', place: '../app', isPackaged: true }])
  })

  it('is a folder app where there is no archive', async () => {
    const app = await packageApp(folder, { files: {}, executable: executableWithFuses(false), version: '30.0.1' })
    rmSync(join(app, 'resources/app.asar'))
    mkdirSync(join(app, 'resources/app'))
    writeFileSync(join(app, 'resources/app/package.json'), '{ "name": "plain" }')
    expect(readApp(app)).toMatchObject({ manifest: { name: 'plain' }, electrons: [{ isPackaged: true, place: 'app' }] })
  })
})

describe('fuses', () => {
  const isolated = { 'main.js': 'isolationHeaders(session)' }

  it.each([
    [false, 'ok'],
    [undefined, 'ok'],
    [true, 'note app'],
  ])('tells about extra privileges of files: %s', async (privileges, expected) => {
    const executable = executableWithFuses(privileges)
    expect(await outline('fuses', { files: isolated, executable, version: '40.0.0' })).toEqual([expected])
  })

  it('knows which Electrons lose the isolation of pages by it', async () => {
    const executable = executableWithFuses(true)
    expect(await outline('fuses', { files: isolated, executable, version: '41.0.0' })).toEqual(['problem app'])
    expect(await outline('fuses', { files: {}, executable, version: '41.0.0' })).toEqual(['note app'])
    expect(await outline('fuses', { files: isolated, executable, version: '43.0.0' })).toEqual(['note app'])
    const off = executableWithFuses(false)
    expect(await outline('fuses', { files: isolated, executable: off, version: '41.0.0' })).toEqual(['ok'])
  })

  it('says when there are none', async () => {
    expect(await outline('fuses', { files: {}, executable: Buffer.alloc(33 << 20) })).toEqual(['note app'])
  })

  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH
  it.skipIf(dist === undefined)('reads those of a real Electron, which ELECTRON_OVERRIDE_DIST_PATH names', async () => {
    const app = await packageApp(folder, { files: {} })
    await copyFile(join(dist ?? '', 'electron'), join(app, 'app'))
    const [finding, ...others] = await findingsOf('fuses', readApp(app))
    expect(others).toEqual([])
    expect(finding?.what).toContain('GrantFileProtocolExtraPrivileges')
  })
})
