import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkStarts, findElectron, isCI, LeftOut } from '@shared-channel/run-electron'
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import type { ElectronResult } from '../src/electron/result.ts'
import { run } from '../src/run.ts'
import { runInElectron } from '../src/run-in-electron.ts'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const ELECTRON = electronHere()

const demo = (env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [MAIN, '--electron', '--json'], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 280_000,
  })

describe('npm run demo -- --electron', () => {
  it.skipIf(ELECTRON === undefined)(
    'opens windows, loses nothing, and prints exactly one object on stdout',
    () => {
      const { status, stdout, stderr } = demo()
      expect(status, stderr).toBe(0)
      expect(stderr).toContain('showing two windows')
      const positive = expect.toSatisfy((value: unknown) => typeof value === 'number' && value > 0)
      const row = (name: string, ...peers: string[]) =>
        expect.objectContaining({
          name: `electron-${name}`,
          ours: positive,
          peers: Object.fromEntries(peers.map((peer) => [peer, positive])),
        })
      expect(JSON.parse(stdout)).toEqual({
        match: true,
        memory: 'aliased',
        frames: { frames: 300, lost: 0, torn: 0, bytesPerFrame: 900 * 600 * 4 + 8, perSecond: positive },
        twoWindows: {
          painted: positive,
          wrong: 0,
          bytes: 100 << 20,
          readUnchanged: true,
          seesChanges: true,
        },
        rows: [
          row('page-to-native-64B', 'MessagePort'),
          row('page-to-page-64B', 'MessagePort'),
          row('page-to-page-1MiB', 'MessagePort'),
          row('round-trip-page-native', 'MessagePort', 'ipcRenderer.invoke'),
          row('hand-over-100MiB', 'MessagePort'),
          expect.objectContaining({ name: 'electron-frames' }), // beyond drawing, on a busy machine, may come to nothing
        ],
      })
    },
    300_000,
  )

  it('ends with 1 and a clear word on stderr where there is no Electron', () => {
    const { status, stdout, stderr } = demo({ ELECTRON_OVERRIDE_DIST_PATH: '/nowhere' })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('demo: ELECTRON_OVERRIDE_DIST_PATH names a folder without Electron')
  })

  it.skipIf(ELECTRON === undefined)('says what to install where there is no display', () => {
    const folder = dirname(ELECTRON as string)
    const { status, stdout, stderr } = demo({ ELECTRON_OVERRIDE_DIST_PATH: folder, DISPLAY: '', PATH: '' })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('apt-get install xvfb')
  })
})

const RIGHT: ElectronResult = {
  memory: 'aliased',
  picture: { frames: 300, bytesPerFrame: 8, seconds: 5, lost: 0, torn: 0 },
  sharing: { painted: 1, wrong: 0, bytes: 1, readUnchanged: true, seesChanges: true },
}
const { picture, sharing } = RIGHT
const NOTHING = { rows: [], problems: [] }

/** This part of the program in this process, with what the windows have found. */
const runWith = (json: boolean, result: ElectronResult) =>
  runInElectron(json, { showWindows: async () => result, measureRows: async () => NOTHING })

describe('what is found', () => {
  let stdout: MockInstance<typeof console.log>

  beforeEach(() => {
    stdout = vi.spyOn(console, 'log').mockReturnValue()
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  })

  it('is all right', async () => {
    expect(await runWith(false, RIGHT)).toBe(true)
    expect(stdout.mock.calls.join()).not.toContain('MISMATCH')
  })

  it.each([
    { ...RIGHT, picture: { ...picture, lost: 1 } },
    { ...RIGHT, picture: { ...picture, torn: 1 } },
    { ...RIGHT, sharing: { ...sharing, wrong: 1 } },
    { ...RIGHT, sharing: { ...sharing, readUnchanged: false } },
    { ...RIGHT, sharing: { ...sharing, seesChanges: false } },
  ])('to be wrong makes the demo end with 1, and it says so: $picture $sharing', async (result) => {
    expect(await runWith(false, result)).toBe(false)
    expect(stdout.mock.calls.join()).toContain('MISMATCH')
    stdout.mockClear()
    expect(await runWith(true, result)).toBe(false)
    expect(JSON.parse(stdout.mock.calls.join())).toMatchObject({ match: false })
  })

  it('by the measurements to be wrong makes it end with 1 too', async () => {
    const complain = vi.spyOn(console, 'error').mockReturnValue()
    const measured = { rows: [], problems: ['one frame was lost'] }
    expect(await runInElectron(true, { showWindows: async () => RIGHT, measureRows: async () => measured })).toBe(false)
    expect(complain.mock.calls.join()).toContain('one frame was lost')
  })

  it('by windows that were closed is told, and the demo ends with 1', async () => {
    const complain = vi.spyOn(console, 'error').mockReturnValue()
    const electron = { showWindows: () => Promise.reject(new Error('closed')), measureRows: async () => NOTHING }
    expect(await run(['--electron'], { ...NO_PARTS, electron })).toBe(1)
    expect(complain.mock.calls.join()).toContain('demo: closed')
  })
})

const never = () => Promise.reject(new Error('not of this part'))
const NO_PARTS = { openLink: never, shareWithProcess: never, measureCosts: never }

/** Undefined where these tests are left out. */
function electronHere(): string | undefined {
  try {
    const executable = findElectron()
    checkStarts(executable)
    return executable
  } catch (error) {
    if (!(error instanceof LeftOut) || isCI()) throw error
    console.error(`apps/demo: left out the tests with Electron: ${error.message}`)
    return undefined
  }
}
