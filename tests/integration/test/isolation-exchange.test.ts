// `exchange` with a plugin in another process: in place where the memory is shared, else in a copy.

import { readFileSync } from 'node:fs'
import { createSharedBuffer, type OpenPluginOptions, openPlugin, openSharedBuffer } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { expect, it, onTestFinished } from 'vitest'
import { hostProcesses } from './helpers/process.ts'

const failure = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) }) as unknown as Error

async function open(name: string, options: OpenPluginOptions = {}) {
  const plugin = await openPlugin(pluginPath(name), { isolation: 'process', onLog: () => {}, ...options })
  onTestFinished(() => plugin.close())
  return plugin
}

function makeBuffer(size: number) {
  const buffer = createSharedBuffer(size)
  onTestFinished(() => buffer.close())
  return buffer
}

const filled = (size: number) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + 3) & 255))

it.each([100, 65536, 100_000, 3_000_000])('fills a SharedBuffer of %d bytes, and any part of it', async (size) => {
  const plugin = await open('exchange')
  const { bytes } = makeBuffer(size)
  for (let round = 0; round < 3; round++) {
    bytes.fill(0)
    expect(plugin.exchange(bytes)).toBe(size)
    expect(Buffer.compare(bytes, filled(size))).toBe(0)
    bytes.fill(0xa5)
    expect(plugin.exchange(bytes.subarray(33, 73))).toBe(40)
    expect(Buffer.compare(bytes.subarray(33, 73), filled(40))).toBe(0)
    expect([bytes[32], bytes[73]]).toEqual([0xa5, 0xa5])
  }
})

it('works in a SharedBuffer itself, and in a copy of other memory', async () => {
  const plugin = await open('crash')
  const text = Buffer.from('write and throw')
  const { bytes } = makeBuffer(text.length)
  bytes.set(text)
  expect(() => plugin.exchange(bytes)).toThrow(failure('PLUGIN_ERROR', 'thrown after writing'))
  expect(Buffer.from(bytes).toString()).toBe('Write and throw')
  const own = new Uint8Array(text)
  expect(() => plugin.exchange(own)).toThrow(failure('PLUGIN_ERROR', 'thrown after writing'))
  expect(Buffer.from(own).toString()).toBe('write and throw')
})

it('goes from one memory to another and back', async () => {
  const plugin = await open('exchange', { options: 'invert' })
  const memories = [makeBuffer(10).bytes, new Uint8Array(10), makeBuffer(2_000_000).bytes, new Uint8Array(2_000_000)]
  for (let round = 1; round <= 5; round++) {
    for (const memory of memories) expect(plugin.exchange(memory)).toBe(memory.length)
    const expected = round % 2 === 1 ? 255 : 0
    for (const memory of memories) expect(memory.every((byte) => byte === expected)).toBe(true)
  }
})

it('writes nothing into a buffer that this process may only read', async () => {
  const plugin = await open('exchange')
  const owner = makeBuffer(1000)
  const reader = openSharedBuffer(owner.handle, { access: 'read-only' })
  onTestFinished(() => reader.close())
  expect(plugin.exchange(reader.bytes)).toBe(1000)
  expect(Buffer.compare(reader.bytes, filled(1000))).toBe(0)
  expect(owner.bytes.every((byte) => byte === 0)).toBe(true)
})

it('keeps nothing large of a buffer that is closed', async () => {
  const plugin = await open('exchange')
  const [host] = hostProcesses()
  const segments = () => readFileSync(`/proc/${host?.pid}/maps`, 'utf8').match(/memfd:shared-channel/g)?.length
  const before = segments()
  const buffer = makeBuffer(3_000_000)
  plugin.exchange(buffer.bytes)
  plugin.exchange(new Uint8Array(3_000_000))
  expect(segments()).toBe(before)
})
