import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const PROGRAM = `
import { bytes, defineProtocol, type Link, SharedChannel } from '@shared-channel/core'
import { MessageType } from '@shared-channel/core/compat'
declare const link: Link
const channel = new SharedChannel(link, defineProtocol({ both: { frame: { id: 1, codec: bytes() } } }))
channel.send('frame', new Uint8Array([MessageType.TEXT]))
export const stream: ReadableStream<{ type: 'frame'; data: Uint8Array }> = channel.readable
`

it.each(['module', 'commonjs'])('the types of core need ES2022 and the DOM, nothing else: a %s project', (type) => {
  const folder = join(import.meta.dirname, 'build/types', type)
  mkdirSync(folder, { recursive: true })
  const options = {
    noEmit: true,
    strict: true,
    target: 'ES2022',
    module: 'NodeNext',
    lib: ['ES2022', 'DOM'],
    types: [],
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['program.ts'] }))
  writeFileSync(join(folder, 'program.ts'), PROGRAM)
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const compile = () => execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  expect(compile()).toBe('')
})
