// What a newcomer sees whose machine lacks something: `npm run demo` with a PATH that holds only some of the tools.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
let tools: string

beforeEach(() => {
  tools = mkdtempSync(join(tmpdir(), 'shared-channel-tools-'))
})
afterEach(() => rmSync(tools, { recursive: true }))

function tool(name: string, script: string): void {
  writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

function demo(): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(root, 'scripts/run.mjs'), 'demo'], {
    encoding: 'utf8',
    env: { PATH: tools },
  })
}

describe('the first check', () => {
  it('names a missing compiler, what is needed and how to install it', () => {
    const { status, stdout, stderr } = demo()
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('C++ compiler')
    expect(stderr).toContain('found:   none (looked for c++, g++, clang++)')
    expect(stderr).toContain('apt-get install g++')
  })

  it('names a compiler that is too old', () => {
    tool('c++', 'if [ "$1" = --version ]; then echo "c++ 4.8"; else exit 1; fi')
    const { status, stderr } = demo()
    expect(status).toBe(1)
    expect(stderr).toContain('found:   c++ 4.8, which cannot compile C++20')
  })

  it('names a missing CMake after the compiler', () => {
    tool('c++', 'exit 0')
    const { status, stderr } = demo()
    expect(status).toBe(1)
    expect(stderr).toMatch(/^CMake$/m)
    expect(stderr).toContain('found:   none')
    expect(stderr).toContain('needed:  3.21 or newer')
    expect(stderr).toContain('apt-get install cmake')
  })

  it('names a CMake that is too old', () => {
    tool('c++', 'exit 0')
    tool('cmake', 'echo "cmake version 3.16.3"')
    expect(demo().stderr).toContain('found:   3.16.3')
  })

  it('names a missing Make, without which CMake builds nothing', () => {
    tool('c++', 'exit 0')
    tool('cmake', 'echo "cmake version 3.25.1"')
    expect(demo().stderr).toMatch(/^Make or Ninja/m)
  })

  it('looks at Node.js before anything else', async () => {
    const { findProblem } = await import('../../scripts/toolchain.mjs')
    expect(findProblem('linux', '20.18.3')).toContain('found:   20.18.3')
    expect(findProblem('darwin', '18.20.0')).toContain('brew install node')
    expect(findProblem('win32', '16.17.0')).toContain('winget install OpenJS.NodeJS.LTS')
  })
})

describe('npm install in the root', () => {
  const preinstall = (userAgent: string) =>
    spawnSync(process.execPath, [join(root, 'scripts/preinstall.mjs')], {
      encoding: 'utf8',
      env: { npm_config_user_agent: userAgent },
    })

  it('says in one sentence that no install step is needed', () => {
    const { status, stderr } = preinstall('npm/11.0.0 node/v20.19.0 linux x64')
    expect(status).toBe(0)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain('No install step is needed')
  })

  it('says nothing to pnpm, which the commands bring along', () => {
    expect(preinstall('pnpm/12.21.0 npm/? node/v20.19.0 linux x64').stderr).toBe('')
  })
})
