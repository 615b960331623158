// Shared buffers that other processes open by their handles.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createSharedBuffer, openSharedBuffer } from '@shared-channel/native'
import { describe, expect, it, onTestFinished } from 'vitest'
import { childPath, runChild } from './helpers/child.ts'

const SIZE = 70_000

function create(size = SIZE) {
  const buffer = createSharedBuffer(size)
  onTestFinished(() => buffer.close())
  return buffer
}

/** Another process's buffer: its handle, and the process. */
async function lend(what = 'open'): Promise<{ handle: string; owner: ChildProcess }> {
  const owner = spawn(process.execPath, [childPath('lend-buffer'), what], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void owner.kill('SIGKILL'))
  const [line] = await once(owner.stdout, 'data')
  return { handle: String(line).trim(), owner }
}

async function openElsewhere(handle: string, access: string, what = 'read') {
  const { code, signal, stdout, stderr } = await runChild('open-buffer', [handle, access, what])
  return { code, signal, stderr, seen: stdout === '' ? undefined : JSON.parse(stdout) }
}

const fine = { code: 0, signal: null, stderr: '' }

describe('another process', () => {
  it('sees what is in the buffer, and its owner what it writes', async () => {
    const buffer = create()
    buffer.bytes.fill(1)
    const { seen, ...rest } = await openElsewhere(buffer.handle, 'read-write', 'write')
    expect(rest).toEqual(fine)
    expect(seen).toEqual({ size: SIZE, sum: SIZE, after: 2 })
    expect(buffer.bytes.every((byte) => byte === 2)).toBe(true)
  })

  it('that may only read keeps what it writes to itself', async () => {
    const buffer = create()
    buffer.bytes.fill(1)
    const { seen, ...rest } = await openElsewhere(buffer.handle, 'read-only', 'write')
    expect(rest).toEqual(fine)
    expect(seen).toEqual({ size: SIZE, sum: SIZE, after: 2 })
    expect(buffer.bytes.every((byte) => byte === 1)).toBe(true)
  })

  it('that may strictly only read is ended by a write, and its owner goes on', async () => {
    const buffer = create()
    buffer.bytes.fill(1)
    expect((await openElsewhere(buffer.handle, 'read-only-strict')).seen).toEqual({ size: SIZE, sum: SIZE, after: 1 })
    const { code, signal } = await openElsewhere(buffer.handle, 'read-only-strict', 'write')
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGSEGV' })
    expect(buffer.bytes.every((byte) => byte === 1)).toBe(true)
  })

  it('gets CLOSED for a buffer that its owner has closed', async () => {
    const buffer = create()
    const { handle } = buffer
    buffer.close()
    expect((await openElsewhere(handle, 'read-only')).seen).toEqual({ code: 'CLOSED' })
    const { handle: closed } = await lend('closed')
    expect(() => openSharedBuffer(closed)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })
})

describe('an owner that ends', () => {
  it.each(['exit', 'SIGKILL'] as const)(
    'leaves the memory to who has opened it, and is PEER_LOST to others: %s',
    async (how) => {
      const { handle, owner } = await lend()
      const buffer = openSharedBuffer(handle)
      onTestFinished(() => buffer.close())
      expect(buffer.bytes.every((byte) => byte === 1)).toBe(true)
      if (how === 'exit') owner.stdin?.end('go on')
      else owner.kill(how)
      await once(owner, 'exit')
      expect(() => openSharedBuffer(handle)).toThrow(expect.objectContaining({ code: 'PEER_LOST' }))
      expect(buffer.bytes.every((byte) => byte === 1)).toBe(true)
      buffer.bytes[SIZE - 1] = 3
      // Handed on by who has it now.
      expect((await openElsewhere(buffer.handle, 'read-only')).seen).toMatchObject({ sum: SIZE + 2 })
    },
  )
})

describe('no room is OUT_OF_MEMORY at creation, nothing is left of it, and there is room again after close', () => {
  const MIB = 1 << 20

  it.each<[string, string, number]>([
    ['for one file of the size', '-f 1024', 8 * MIB],
    ['for one more descriptor', '-n 64', 65536],
    ['for mappings', '-v 60000000', 256 * MIB],
  ])('%s', async (_, limit, size) => {
    const { code, signal, stdout, stderr } = await runChild('no-room', [`${size}`], { limit, timeout: 60_000 })
    expect({ code, signal, stderr }).toEqual(fine)
    const { most, ...rest } = JSON.parse(stdout)
    expect(rest).toEqual({ code: 'OUT_OF_MEMORY', threads: 0, mappings: 0, descriptors: 0 })
    expect(most).toBeLessThan(2000)
  })
})

it.each(['closed', 'collected'])(
  'ten thousand buffers that are %s leave nothing, and no memory grows',
  async (how) => {
    const { code, signal, stdout, stderr } = await runChild('buffer-cycles', [how, '10000'], { timeout: 60_000 })
    expect({ code, signal, stderr }).toEqual(fine)
    expect(JSON.parse(stdout)).toEqual({ threads: 0, mappings: 0, descriptors: 0, grown: false })
  },
  70_000,
)
