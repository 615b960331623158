import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from './helpers/run-cli.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const folder = temporaryFolder()

describe('shared-channel', () => {
  it('prints the folder of the CMake package and nothing else', () => {
    const { status, stdout, stderr } = runCli(folder.path, 'cmake-dir')
    expect([status, stderr]).toEqual([0, ''])
    const printed = stdout.replace(/\n$/, '')
    expect(printed).not.toContain('\n')
    expect(isAbsolute(printed)).toBe(true)
    expect(existsSync(join(printed, 'SharedChannelConfig.cmake'))).toBe(true)
    expect(existsSync(join(printed, '../include/shared_channel/plugin.h'))).toBe(true)
  })

  it('prefers the copy that the project at hand has installed', () => {
    const project = join(realpathSync(folder.path), 'project')
    const native = join(project, 'node_modules/@shared-channel/native')
    mkdirSync(join(project, 'plugin'), { recursive: true })
    mkdirSync(native, { recursive: true })
    writeFileSync(join(native, 'package.json'), '{ "name": "@shared-channel/native", "version": "0.0.1" }')
    expect(runCli(join(project, 'plugin'), 'cmake-dir').stdout).toBe(`${join(native, 'cmake')}\n`)
  })

  it.each([[], ['no-such-command'], ['toString'], ['cmake-dir', 'twice']])(
    'tells how it is used on stderr: %s %s',
    (...args) => {
      const { status, stdout, stderr } = runCli(folder.path, ...args)
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toContain('usage: shared-channel')
    },
  )

  it('tells how it is used on stdout when asked', () => {
    const { status, stdout, stderr } = runCli(folder.path, '--help')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('cmake-dir')
  })
})
