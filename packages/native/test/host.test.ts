// The entry for those who bring JavaScript's memory themselves. Plugins over such memory: tests/integration.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytes, defineProtocol, flip, type Link, SharedChannel } from '@shared-channel/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { addonPath, createChannelOver, createSegment, openChannelOver, openSegment, type Segment } from '../lib/host.ts'
import { allocate } from '../lib/memory.ts'
import { openSharedBuffer } from '../lib/shared-buffer.ts'

const Talk = defineProtocol({ both: { data: { id: 1, codec: bytes() } } })
const SIZE = 2 * 65536

const links: Link[] = []
const segments: Segment[] = []
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()))
  for (const segment of segments.splice(0)) segment.close()
})

const kept = <Kind extends Link>(link: Kind): Kind => {
  links.push(link)
  return link
}
const keptSegment = (segment: Segment): Segment => {
  segments.push(segment)
  return segment
}
const error = (code: string) => expect.objectContaining({ name: 'SharedChannelError', code })
const wasm = (size: number) => allocate('wasm', size)
const memfds = () => readFileSync('/proc/self/maps', 'utf8').split('memfd:').length

describe('a channel over memory of the caller', () => {
  it('has that memory, and no other', async () => {
    const mine: Uint8Array[] = []
    const bring = (size: number) => {
      mine.push(allocate('growable', size))
      return mine.at(-1) as Uint8Array
    }
    const { link, handle } = createChannelOver(bring, { capacity: 4096 })
    const other = openChannelOver(bring, handle)
    kept(link)
    kept(other)
    expect(mine.map((view) => view.byteLength)).toEqual([SIZE, SIZE])
    expect([link.memory, other.memory]).toEqual(mine.map((view) => view.buffer))
    const heard: Uint8Array[] = []
    const channel = new SharedChannel(link, Talk)
    const far = new SharedChannel(other, flip(Talk))
    far.on('data', (data) => heard.push(data.slice()))
    channel.send('data', Uint8Array.of(1, 2, 3))
    await channel.close()
    expect(heard).toEqual([Uint8Array.of(1, 2, 3)])
  })

  it.each<[string, (size: number) => unknown]>([
    ['too little', (size) => wasm(size - 65536)],
    ['too much', (size) => wasm(size + 65536)],
    ['a part of it', (size) => wasm(size + 65536).subarray(0, size)],
    ['elements of eight bytes', (size) => new Float64Array(wasm(size * 8).buffer).subarray(0, size)],
    ['a buffer', (size) => wasm(size).buffer],
    ['memory that is not page-aligned', (size) => new Uint8Array(size)],
    ['nothing', () => undefined],
  ])('refuses %s, and keeps nothing', (_, bring) => {
    const before = memfds()
    const create = () => createChannelOver(bring as typeof wasm, { capacity: 4096 })
    expect(create).toThrow(error('INVALID_ARGUMENT'))
    expect(memfds()).toBe(before)
  })

  it('throws what the caller throws, and keeps nothing', () => {
    const before = memfds()
    const mine = new Error('the page has no room')
    const create = () =>
      createChannelOver(() => {
        throw mine
      })
    expect(create).toThrow(mine)
    expect(memfds()).toBe(before)
  })

  it('asks for no memory when something else is wrong', () => {
    const bring = vi.fn(wasm)
    expect(() => createChannelOver(bring, { capacity: -1 })).toThrow(error('INVALID_ARGUMENT'))
    expect(() => openChannelOver(bring, 'no handle')).toThrow(error('INVALID_ARGUMENT'))
    expect(bring).not.toHaveBeenCalled()
  })
})

describe('a segment', () => {
  const mapped = (segment: Segment, access: Parameters<Segment['map']>[1] = 'read-write', size = 65536) => {
    const view = wasm(size)
    segment.map(view, access)
    return view
  }

  it('is what everybody sees who has mapped it', () => {
    const segment = keptSegment(createSegment(100))
    const other = keptSegment(openSegment(segment.handle, 'read-write', false))
    const buffer = openSharedBuffer(segment.handle)
    expect([segment.size, other.size, buffer.size]).toEqual([100, 100, 100])
    const [one, two] = [mapped(segment), mapped(other)]
    one[5] = 7
    expect([two[5], buffer.bytes[5]]).toEqual([7, 7])
    buffer.bytes[5] = 8
    expect([one[5], two[5]]).toEqual([8, 8])
    buffer.close()
  })

  it('that is read only follows its owner, who does not follow it', () => {
    const segment = keptSegment(createSegment(1))
    const other = keptSegment(openSegment(segment.handle, 'read-only', false))
    const [one, two] = [mapped(segment), mapped(other, 'read-only')]
    one[0] = 1
    expect(two[0]).toBe(1)
    two[0] = 2
    expect(one[0]).toBe(1)
    other.unmap()
    expect(() => mapped(other, 'read-write')).toThrow(error('INVALID_ARGUMENT'))
    mapped(other, 'read-only-strict')
  })

  it('leaves zeroes where it was, and can be mapped again', () => {
    const segment = keptSegment(createSegment(1))
    const first = mapped(segment)
    first[0] = 1
    expect(() => mapped(segment)).toThrow(error('INVALID_ARGUMENT'))
    expect(segment.unmap()).toBe(true)
    expect(segment.unmap()).toBe(true)
    expect(first[0]).toBe(0)
    const second = mapped(segment)
    expect(second[0]).toBe(1)
    segment.close()
    expect(second[0]).toBe(0)
  })

  it('says when the memory was moved away with it', () => {
    const segment = keptSegment(createSegment(1))
    const view = allocate('resizable', 65536)
    segment.map(view, 'read-write')
    const moved = structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
    expect(segment.unmap()).toBe(false)
    expect(moved.byteLength).toBe(65536)
  })

  it('throws CLOSED once it is closed', () => {
    const segment = createSegment(1)
    segment.close()
    segment.close()
    expect(() => segment.handle).toThrow(error('CLOSED'))
    expect(() => mapped(segment)).toThrow(error('CLOSED'))
    expect(segment.unmap()).toBe(true)
  })

  it('refuses what is none', () => {
    const segment = keptSegment(createSegment(65537))
    for (const size of [0, -1, 1.5, 2 ** 32 + 1, '1']) {
      expect(() => createSegment(size as number)).toThrow(error('INVALID_ARGUMENT'))
    }
    expect(() => openSegment('no handle', 'read-write', false)).toThrow(error('INVALID_ARGUMENT'))
    expect(() => openSegment(segment.handle, 'all' as 'read-write', false)).toThrow(error('INVALID_ARGUMENT'))
    expect(() => mapped(segment)).toThrow(error('INVALID_ARGUMENT')) // 64 KiB where there are two of them
    expect(() => mapped(segment, 'all' as 'read-write', SIZE)).toThrow(error('INVALID_ARGUMENT'))
    mapped(segment, 'read-write', SIZE)
  })
})

describe('useAddon', () => {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })
  const fresh = async () => {
    vi.resetModules()
    return import('../lib/addon.ts')
  }

  it('has the addon loaded from elsewhere, and the program beside it', async () => {
    const { useAddon, loadAddon, hostProgram, addonPath: path } = await fresh()
    const folder = mkdtempSync(join(tmpdir(), 'shared-channel-'))
    folders.push(folder)
    const file = join(folder, 'elsewhere.node')
    copyFileSync(addonPath(), file)
    useAddon(file)
    expect(loadAddon().processIdentity().pid).toBe(process.pid)
    expect(readFileSync('/proc/self/maps', 'utf8')).toContain(file)
    expect(path()).toBe(file)
    expect(hostProgram()).toBe(join(folder, 'shared-channel-host'))
    useAddon(file)
    expect(() => useAddon(addonPath())).toThrow(error('INVALID_ARGUMENT'))
  })

  it('says where there is none', async () => {
    const { useAddon, loadAddon } = await fresh()
    useAddon('/nowhere/shared_channel.node')
    expect(loadAddon).toThrow(error('NOT_SUPPORTED'))
    expect(loadAddon).toThrow('/nowhere/shared_channel.node')
  })

  it('has the program outside of an archive', async () => {
    const { useAddon, hostProgram } = await fresh()
    useAddon('/a/app.asar/native/shared_channel.node')
    expect(hostProgram()).toBe('/a/app.asar.unpacked/native/shared-channel-host')
  })

  it.each(['', 'relative.node', undefined, 7])('refuses %j', async (file) => {
    const { useAddon } = await fresh()
    expect(() => useAddon(file as string)).toThrow(error('INVALID_ARGUMENT'))
  })
})
