import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkStarts, findElectron, isCI, LeftOut } from '../src/find-electron.ts'

let folder: string
const path = (...parts: string[]) => join(folder, ...parts)

/** A fake Electron: only its place counts here. */
function place(...parts: string[]): string {
  const executable = path(...parts)
  mkdirSync(join(executable, '..'), { recursive: true })
  writeFileSync(executable, '', { mode: 0o755 })
  return executable
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-channel-find-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('findElectron', () => {
  const machine = (name: string, environment: NodeJS.ProcessEnv = {}) => ({
    environment: { PATH: process.env.PATH, HOME: path(name), ...environment },
    electronPackage: path(name, 'package'),
  })

  it('downloads nothing on a user’s machine, and says in one line what would', () => {
    const find = () => findElectron(machine('empty'))
    expect(find).toThrow(LeftOut)
    expect(find).toThrow(/^there is no Electron here\. SHARED_CHANNEL_GET_ELECTRON=1 .*$/)
  })

  it('takes what get-electron.sh has made before', () => {
    const made = place('made', '.cache', 'electron-22.3.25', 'electron')
    expect(findElectron(machine('made'))).toBe(made)
  })

  it('prefers what the npm package has downloaded', () => {
    place('both', '.cache', 'electron-22.3.25', 'electron')
    const downloaded = place('both', 'package', 'dist', 'electron')
    writeFileSync(path('both', 'package', 'path.txt'), 'electron')
    expect(findElectron(machine('both'))).toBe(downloaded)
  })

  it('prefers ELECTRON_OVERRIDE_DIST_PATH to all others, and trusts no folder without Electron', () => {
    place('override', '.cache', 'electron-22.3.25', 'electron')
    const chosen = place('override', 'mine', 'electron')
    expect(findElectron(machine('override', { ELECTRON_OVERRIDE_DIST_PATH: path('override', 'mine') }))).toBe(chosen)
    const find = () => findElectron(machine('override', { ELECTRON_OVERRIDE_DIST_PATH: path('override') }))
    expect(find).toThrow('ELECTRON_OVERRIDE_DIST_PATH names a folder without Electron')
    expect(find).not.toThrow(LeftOut)
  })
})

it('tells CI from a user’s machine', () => {
  expect(
    [{ CI: 'true' }, { CI: '1' }, { CI: 'false' }, { CI: '' }, {}].map((environment) => isCI(environment)),
  ).toEqual([true, true, false, false, false])
})

it('says why an Electron does not start', () => {
  const broken = place('broken', 'electron')
  writeFileSync(broken, '#!/bin/sh\necho libgtk-3.so.0: cannot open shared object file >&2\nexit 127\n')
  expect(() => checkStarts(broken)).toThrow(LeftOut)
  expect(() => checkStarts(broken)).toThrow(/libgtk-3\.so\.0: cannot open.*apt-get install/)
})
