import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const CLI = fileURLToPath(new URL('../bin/shared-channel.js', import.meta.url))

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('shared-channel', () => {
  it('prints the folder of the CMake package and nothing else', () => {
    const { status, stdout, stderr } = run('cmake-dir')
    expect([status, stderr]).toEqual([0, ''])
    const folder = stdout.replace(/\n$/, '')
    expect(folder).not.toContain('\n')
    expect(isAbsolute(folder)).toBe(true)
    expect(existsSync(join(folder, 'SharedChannelConfig.cmake'))).toBe(true)
    expect(existsSync(join(folder, '../include/shared_channel/plugin.h'))).toBe(true)
  })

  it.each([[], ['help'], ['cmake-dir', 'twice']])('tells how it is used on stderr: %s %s', (...args) => {
    const { status, stdout, stderr } = run(...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain('usage: shared-channel cmake-dir')
  })
})
