import { mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type App, readApp } from '../src/app/app.ts'
import { checkSharedMemoryFolder } from '../src/checks/system.ts'
import { checkNode } from '../src/checks/versions.ts'
import { appOf, findingsOf, outlineOf } from './helpers/app-of.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const folder = temporaryFolder()
const NATIVE = fileURLToPath(new URL('../node_modules/@shared-channel/native', import.meta.url))
const manifestOf = (name: string, version: string) => JSON.stringify({ name, version })

afterEach(() => vi.unstubAllEnvs())

describe('versions', () => {
  it.each([
    ['20.18.3', 'problem'],
    ['18.20.0', 'problem'],
    ['20.19.0', 'ok'],
    ['26.0.0', 'ok'],
  ])('knows Node.js %s: %s', (version, level) => expect(checkNode(version).level).toBe(level))

  it.each([
    ['21.4.4', 'problem node_modules/electron'],
    ['22.0.0', 'ok'],
    ['45.3.4', 'ok'],
  ])('knows Electron %s: %s', async (version, expected) => {
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', '')
    const app = appOf(folder, { 'node_modules/electron/package.json': manifestOf('electron', version) })
    expect(await outlineOf('versions', app)).toEqual(['ok', expected])
  })

  it('finds Electron where a workspace has it', async () => {
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', '')
    const workspace = appOf(folder, {
      'node_modules/electron/package.json': manifestOf('electron', '22.0.0'),
      'apps/one/package.json': '{}',
    })
    const app = readApp(join(workspace.folder, 'apps/one'))
    expect(app.electrons).toMatchObject([{ version: '22.0.0', place: '../../node_modules/electron' }])
  })

  it('reads on when the package of Electron is damaged', async () => {
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', '')
    const app = appOf(folder, { 'node_modules/electron/package.json': '{' })
    expect(await outlineOf('versions', app)).toEqual(['ok', 'ok'])
  })

  it('asks to install what package.json asks for', async () => {
    const asking = appOf(folder, { 'package.json': '{ "devDependencies": { "electron": "^45" } }' })
    expect(await outlineOf('versions', asking)).toEqual(['ok', 'note package.json'])
    expect(await outlineOf('versions', appOf(folder, { 'package.json': '{ no JSON' }))).toEqual(['ok', 'ok'])
  })
})

describe('copies', () => {
  const ours = (at: string, name: string, version: string) => ({
    [`${at}node_modules/@shared-channel/${name}/package.json`]: manifestOf(`@shared-channel/${name}`, version),
  })
  const outline = (files: Record<string, string>) => outlineOf('copies', appOf(folder, files))

  it('is well with one version of each', async () => {
    expect(await outline({ ...ours('', 'core', '0.1.0'), ...ours('', 'native', '0.1.0') })).toEqual(['ok'])
    expect(await outline({ 'package.json': '{}' })).toEqual([])
  })

  it('finds several versions', async () => {
    expect(await outline({ ...ours('', 'core', '0.1.0'), ...ours('node_modules/@x/y/', 'core', '0.2.0') })).toEqual([
      'problem node_modules/@shared-channel/core (@shared-channel/core 0.1.0) node_modules/@x/y/node_modules/@shared-channel/core (@shared-channel/core 0.2.0)',
    ])
    expect(await outline({ ...ours('', 'core', '0.1.0'), ...ours('', 'native', '0.2.0') })).toHaveLength(1)
  })

  it('finds one version twice', async () => {
    const [found] = await outline({ ...ours('', 'core', '0.1.0'), ...ours('node_modules/y/', 'core', '0.1.0') })
    expect(found).toMatch(/^note .*node_modules\/y\/node_modules/)
  })

  it('looks past links that lead nowhere, and past what is no package', async () => {
    const app = appOf(folder, { 'node_modules/@shared-channel/core/package.json': 'no JSON' })
    symlinkSync(join(app.folder, 'gone'), join(app.folder, 'node_modules/@shared-channel/native'))
    expect(await outlineOf('copies', app)).toEqual([])
  })

  it('looks into the store of pnpm', async () => {
    const store = (version: string) => ours(`node_modules/.pnpm/core@${version}/`, 'core', version)
    expect(await outline({ ...store('0.1.0'), ...store('0.2.0') })).toEqual([expect.stringMatching(/^problem /)])
  })

  it('counts what links lead to once', async () => {
    const store = 'node_modules/.pnpm/core@0.1.0/'
    const app = appOf(folder, ours(store, 'core', '0.1.0'))
    mkdirSync(join(app.folder, 'node_modules/@shared-channel'), { recursive: true })
    symlinkSync(
      join(app.folder, store, 'node_modules/@shared-channel/core'),
      join(app.folder, 'node_modules/@shared-channel/core'),
    )
    expect(await outlineOf('copies', app)).toEqual(['ok'])
  })
})

/** An application with the real addon. */
function appWithAddon(files: Record<string, string> = {}): App {
  const { folder: path } = appOf(folder, { 'package.json': '{}', ...files })
  const link = join(path, 'node_modules/@shared-channel/native')
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(realpathSync(NATIVE), link)
  return readApp(path)
}

const appWithFakeAddon = (main: string) =>
  appOf(folder, {
    'node_modules/@shared-channel/native/package.json': '{ "name": "@shared-channel/native", "main": "main.js" }',
    'node_modules/@shared-channel/native/main.js': main,
  })

describe('addon', () => {
  it('is loaded', async () => {
    expect(await findingsOf('addon', appWithAddon())).toEqual([
      { level: 'ok', what: expect.stringContaining(`Node.js ${process.versions.node}`) },
    ])
  })

  it('tells that it copies, or that its memory has names', async () => {
    vi.stubEnv('SHARED_CHANNEL_MEMORY', 'copy')
    const [copying] = await findingsOf('addon', appWithAddon())
    expect(copying).toMatchObject({ level: 'note', what: expect.stringContaining('and copies: ') })
    vi.unstubAllEnvs()
    vi.stubEnv('SHARED_CHANNEL_SEGMENTS', 'named')
    const [named] = await findingsOf('addon', appWithAddon())
    expect(named).toMatchObject({ level: 'note', change: expect.stringContaining('trusted') })
  })

  it.each([
    ["throw new Error('wrong machine')", 'wrong machine'],
    ['process.abort()', 'SIGABRT'],
    [
      "exports.capabilities = () => ({ zeroCopy: false, nativeInProcess: false, reason: 'no compiler' })",
      'no compiler',
    ],
    ["console.log('hello'); exports.capabilities = () => ({})", 'hello'],
    ['exports.capabilities = () => null', 'null'],
  ])('says why it is not: %s', async (main, reason) => {
    const [finding] = await findingsOf('addon', appWithFakeAddon(main))
    expect(finding).toMatchObject({ level: 'problem', what: expect.stringContaining(reason) })
    expect(finding?.where?.[0]).toBe('node_modules/@shared-channel/native')
  })

  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH
  it.skipIf(dist === undefined)('is loaded in the Electron that ELECTRON_OVERRIDE_DIST_PATH names', async () => {
    const app = appWithAddon({ 'node_modules/electron/package.json': manifestOf('electron', '45.3.4') })
    const findings = await findingsOf('addon', app)
    expect(findings.map(({ level, what }) => `${level} ${what}`)).toEqual([
      expect.stringMatching(/^ok .*Node.js/),
      expect.stringMatching(/^ok .*Electron \d/),
    ])
  })
})

describe('system', () => {
  it('looks at the folder of shared memory', () => {
    expect(checkSharedMemoryFolder(folder.path).what).toMatch(/ has \d+ MiB free\.$/)
    expect(checkSharedMemoryFolder(join(folder.path, 'missing'))).toMatchObject({
      level: 'problem',
      what: expect.stringContaining('ENOENT'),
    })
  })

  it('finds it too small', () => {
    // A file system that is never large: of kernel interfaces.
    expect(checkSharedMemoryFolder('/proc')).toMatchObject({ level: 'note', what: '/proc has 0 MiB free.' })
  })
})
