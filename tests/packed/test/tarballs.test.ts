// What the packages' users get: whether their tools find all of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, inject, it } from 'vitest'
import { type Manifest, run } from '../pnpm.ts'

/** Those that have CommonJS beside their ES modules, for Electron 22 and preloads. */
const BOTH = ['@shared-channel/core', '@shared-channel/native', '@shared-channel/electron']
/** Nobody imports it: it is a command. */
const COMMAND = 'shared-channel'

const tarballs = inject('tarballs')

it('there is one of every package', () => {
  const frameworks = ['react', 'vue', 'svelte', 'browser'].map((name) => `@shared-channel/${name}`)
  expect(new Set(tarballs.map(({ name }) => name))).toEqual(new Set([...BOTH, ...frameworks, COMMAND]))
})

describe.each(tarballs.filter(({ name }) => name !== COMMAND))('$name', ({ name, filename }) => {
  it('has types that every resolution finds', async () => {
    const attw = join(import.meta.dirname, '../node_modules/.bin/attw')
    await run('.', attw, filename, '--profile', BOTH.includes(name) ? 'node16' : 'esm-only')
  })
})

describe.each(tarballs)('$name', ({ version, filename }) => {
  const inside = (file: string) => run('.', 'tar', '-xzOf', filename, `package/${file}`)
  const manifest = async () => JSON.parse(await inside('package.json'))

  it('says what publint wants to hear', async () => {
    const tarball = new Uint8Array(readFileSync(filename)).buffer
    const { messages } = await publint({ pack: { tarball }, strict: true })
    const pkg = await manifest()
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  it('depends on the very versions of the others', async () => {
    const { dependencies = {} }: Manifest = await manifest()
    const others = Object.entries(dependencies).filter(([other]) => tarballs.some(({ name }) => name === other))
    expect(others).toEqual(others.map(([other]) => [other, version]))
  })

  it('has its licence', async () => {
    expect(await inside('LICENSE')).toContain('MIT License')
  })
})
