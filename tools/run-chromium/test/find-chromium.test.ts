import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findChromium, isCI, LeftOut } from '../src/find-chromium.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-channel-find-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function chromium(script: string): string {
  const executable = join(folder, 'chromium')
  writeFileSync(executable, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return executable
}

it('says in one line that there is no Chromium, and how to get one', () => {
  const find = () => findChromium({ PATH: join(folder, 'empty') })
  expect(find).toThrow(LeftOut)
  expect(find).toThrow(/^there is no chromium here\. .*apt-get install chromium$/)
})

it('takes the first on the PATH', () => {
  const executable = chromium('exit 0')
  expect(findChromium({ PATH: `${join(folder, 'empty')}:${folder}:/usr/bin` })).toBe(executable)
})

it('says why one does not start', () => {
  chromium('echo libnss3.so: cannot open shared object file >&2; exit 127')
  expect(() => findChromium({ PATH: folder })).toThrow(LeftOut)
  expect(() => findChromium({ PATH: folder })).toThrow(/does not start: libnss3\.so: cannot open/)
})

it('tells CI from a user’s machine', () => {
  const environments = [{ CI: 'true' }, { CI: '1' }, { CI: 'false' }, { CI: '' }, {}]
  expect(environments.map((environment) => isCI(environment))).toEqual([true, true, false, false, false])
})
