// Buffers that are posted to other processes and threads, with real segments.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { MessageChannel } from 'node:worker_threads'
import { type BufferAccess, type BufferKind, SharedChannel } from '@shared-channel/core'
import { createChannel, createSharedBuffer, postSharedBuffer, SharedBufferReceiver } from '@shared-channel/native'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type BufferOrder, Posts, seenBy, startReceiver } from './helpers/buffer-orders.ts'
import { runChild } from './helpers/child.ts'
import { segmentDescriptors, segmentMappings } from './helpers/process.ts'
import { soakSeconds } from './helpers/soak.ts'
import { until } from './helpers/wait.ts'

const PAGE = 4096
const SIZE = 3 * 65536 - 5

function newBuffer(size = SIZE) {
  const buffer = createSharedBuffer(size)
  onTestFinished(() => buffer.close())
  return buffer
}

const order = (additionalData: BufferOrder, access?: BufferAccess) => ({ additionalData, ...(access && { access }) })

describe.each(['child_process', 'a channel'])('over %s', (way) => {
  function open() {
    if (way === 'child_process') {
      const child = startReceiver()
      return { child, target: child }
    }
    const { link, handle } = createChannel()
    const target = new SharedChannel(link, Posts)
    onTestFinished(() => void target.close({ discard: true }))
    return { child: startReceiver([handle]), target }
  }

  it('another process reads what is in the buffer, and sees what is written later', async () => {
    const { child, target } = open()
    const buffer = newBuffer()
    buffer.bytes[70_000] = 8
    const posted = postSharedBuffer(target, buffer, order({ act: 'read', at: 70_000 }))
    expect(await seenBy(child)).toEqual({ size: SIZE, before: 8, buffer: '[object ArrayBuffer]' })
    await posted.received
    buffer.bytes[70_000] = 9
    child.send([0, 70_000])
    expect(await seenBy(child)).toMatchObject({ before: 9 })
  })

  it('each post of a buffer is a view of its own, released on its own', async () => {
    const { child, target } = open()
    const buffer = newBuffer()
    const first = postSharedBuffer(target, buffer, order({ act: 'read' }))
    await seenBy(child)
    const second = postSharedBuffer(target, buffer, order({ act: 'release' }))
    await seenBy(child)
    expect(await second.released).toBe('released')
    buffer.bytes[0] = 3
    child.send([0, 0])
    expect(await seenBy(child)).toMatchObject({ before: 3 })
    child.kill('SIGKILL')
    expect(await first.released).toBe('ended')
  })

  it('create, post, close works many times, and leaves nothing', async () => {
    const { child, target } = open()
    const before = { descriptors: segmentDescriptors().length, mappings: segmentMappings().length }
    for (let i = 0; i < 200; i++) {
      const buffer = createSharedBuffer(PAGE)
      buffer.bytes[1] = i
      const posted = postSharedBuffer(target, buffer, order({ act: 'release', at: 1 }))
      buffer.close()
      expect(await seenBy(child)).toMatchObject({ before: i & 255, byteLength: 0 })
      expect(await posted.released).toBe('released')
    }
    expect({ descriptors: segmentDescriptors().length, mappings: segmentMappings().length }).toEqual(before)
  })

  it('a receiver that is killed has let go, before it took the buffer and after', async () => {
    const { child, target } = open()
    const buffer = newBuffer()
    const taken = postSharedBuffer(target, buffer, order({ act: 'read' }))
    await seenBy(child)
    await taken.received
    child.kill('SIGSTOP')
    const untaken = postSharedBuffer(target, buffer, order({ act: 'read' }))
    child.kill('SIGKILL')
    expect(await taken.released).toBe('ended')
    expect(await untaken.released).toBe('ended')
    await expect(untaken.received).rejects.toMatchObject({ code: expect.stringMatching(/^(PEER_LOST|CLOSED)$/) })
  })
})

describe('what the receiver may do', () => {
  const write = { act: 'write', at: 5, value: 77 } as const

  it('read-only: its writes stay its own; the page that it wrote to follows the owner no more, others do', async () => {
    const child = startReceiver()
    const buffer = newBuffer()
    postSharedBuffer(child, buffer, order(write))
    expect(await seenBy(child)).toMatchObject({ before: 0, after: 77 })
    expect(buffer.bytes[5]).toBe(0)
    buffer.bytes[5] = 1
    buffer.bytes[5 + 2 * PAGE] = 2
    child.send([0, 5])
    expect(await seenBy(child)).toMatchObject({ before: 77 })
    child.send([0, 5 + 2 * PAGE])
    expect(await seenBy(child)).toMatchObject({ before: 2 })
  })

  it('read-only-strict: a write ends its process, and nobody else', async () => {
    const child = startReceiver()
    const buffer = newBuffer()
    buffer.bytes[5] = 6
    const posted = postSharedBuffer(child, buffer, order(write, 'read-only-strict'))
    const [code, signal] = await once(child, 'exit')
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGSEGV' })
    expect(await posted.released).toBe('ended')
    expect(buffer.bytes[5]).toBe(6)
  })

  it('read-write: both see what either writes', async () => {
    const child = startReceiver()
    const buffer = newBuffer()
    postSharedBuffer(child, buffer, order(write, 'read-write'))
    expect(await seenBy(child)).toMatchObject({ after: 77 })
    expect(buffer.bytes[5]).toBe(77)
  })
})

describe('the kinds', () => {
  it.each<[BufferKind, string]>([
    ['fixed', '[object ArrayBuffer]'],
    ['transferable', '[object ArrayBuffer]'],
    ['shared', '[object SharedArrayBuffer]'],
  ])('%s is shared, and gone when it is released', async (kind, type) => {
    const child = startReceiver()
    const buffer = newBuffer()
    buffer.bytes[9] = 4
    postSharedBuffer(child, buffer, order({ act: 'read', kind, at: 9 }))
    expect(await seenBy(child)).toMatchObject({ before: 4, buffer: type })
    postSharedBuffer(child, buffer, order({ act: 'release', kind, at: 9 }))
    const gone =
      kind === 'shared'
        ? { after: 0, byteLength: 3 * 65536, thrown: `${3 * 65536} bytes` }
        : { after: -1, byteLength: 0, thrown: 'TypeError' }
    expect(await seenBy(child)).toMatchObject({ before: 4, ...gone })
    expect(buffer.bytes[9]).toBe(4)
  })
})

describe('a receiver in a process that gets at memory in another way', () => {
  it.each(['mapped', 'transferable', 'shared', 'copy'])('reads the buffer all the same: %s', async (memory) => {
    const child = startReceiver([], { SHARED_CHANNEL_MEMORY: memory })
    const buffer = newBuffer()
    buffer.bytes[70_000] = 8
    const posted = postSharedBuffer(child, buffer, order({ act: 'release', at: 70_000 }))
    expect(await seenBy(child)).toMatchObject({ size: SIZE, before: 8, byteLength: 0 })
    expect(await posted.released).toBe('released')
  })
})

describe('memory', () => {
  it('is freed by the system when the last view is gone', async () => {
    const GIB = 2 ** 30
    const before = sharedMemory()
    const child = startReceiver()
    const buffer = createSharedBuffer(GIB)
    const posted = postSharedBuffer(child, buffer, order({ act: 'read' }))
    await seenBy(child)
    await posted.received
    buffer.close()
    // What others on the machine do meanwhile is less than half of it.
    expect(sharedMemory() - before).toBeGreaterThan(GIB / 2)
    child.kill('SIGKILL')
    await posted.released
    await until(() => sharedMemory() - before < GIB / 2)
  })

  it('that nobody looks at any more is let go of when it is collected', async () => {
    const child = startReceiver()
    const buffer = newBuffer()
    const posts = Array.from({ length: 5 }, () => postSharedBuffer(child, buffer, order({ act: 'drop' })))
    await Promise.all(posts.map(({ received }) => received))
    child.send('collect')
    expect(await Promise.all(posts.map(({ released }) => released))).toEqual(posts.map(() => 'released'))
  })

  it.each([
    ['posted', 10_000],
    ['terminated', 10_000],
    ['pool', 5000 * soakSeconds],
  ])(
    'does not grow over thousands of buffers: %s, %i times',
    async (what, times) => {
      const options = { timeout: 120_000 }
      const { code, signal, stdout, stderr } = await runChild('buffer-cycles', [what, `${times}`], options)
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
      expect(JSON.parse(stdout)).toEqual({ threads: 0, mappings: 0, descriptors: 0, grown: false })
    },
    130_000,
  )
})

describe('a handle that is not one', () => {
  it('is declined, and the poster is told why', async () => {
    const { port1, port2 } = new MessageChannel()
    onTestFinished(() => port1.close())
    const receiver = new SharedBufferReceiver(port2)
    receiver.addEventListener('sharedbufferreceived', () => expect.unreachable())
    const buffer = newBuffer()
    const forged = {
      size: buffer.size,
      reference: () => ({ handle: buffer.handle.replace(/[0-9a-f]{32}$/, '0'.repeat(32)), drop: () => {} }),
    }
    await expect(postSharedBuffer(port1, forged).received).rejects.toMatchObject({ code: 'CLOSED' })
    const other = { size: 1, reference: () => ({ handle: buffer.handle, drop: () => {} }) }
    await expect(postSharedBuffer(port1, other).received).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

/** All of the system's, in bytes. */
function sharedMemory(): number {
  return Number(/^Shmem:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024
}
