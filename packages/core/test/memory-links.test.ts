import { expect, it, vi } from 'vitest'
import { bytes, defineProtocol, flip, json, memoryLinks, SharedChannel, SharedChannelError } from '../src/index.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'

const Camera = defineProtocol({
  send: { measure: { id: 1, codec: json<number>(), reply: json<number>() } },
  receive: { level: { id: 2, codec: json<number>() } },
  both: { frame: { id: 3, codec: bytes() } },
})

function open(options?: Parameters<typeof memoryLinks>[0]) {
  const [link, far] = memoryLinks(options)
  return { channel: new SharedChannel(link, Camera), plugin: new SharedChannel(far, flip(Camera)) }
}

it('carries messages and calls, and ends in good order', async () => {
  const { channel, plugin } = open()
  plugin.handle('measure', (x) => 2 * x)
  plugin.send('level', 1)
  plugin.send('level', 2)
  const levels: number[] = []
  channel.on('level', (level) => levels.push(level))
  expect(await channel.request('measure', 21)).toBe(42)
  expect(levels).toEqual([1, 2])
  expect(await channel.close()).toEqual({ unconsumed: 0 })
  expect(await plugin.closed).toEqual({ unconsumed: 0 })
})

it('needs neither SharedArrayBuffer nor Atomics.waitAsync', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined)
  const waitAsync = vi.spyOn(Atomics as typeof Atomics & { waitAsync(): void }, 'waitAsync')
  const { channel, plugin } = open()
  plugin.handle('measure', (x) => 2 * x)
  expect(await channel.request('measure', 21)).toBe(42)
  await channel.close()
  expect(waitAsync).not.toHaveBeenCalled()
})

it('carries more than the rings hold, both ways at once', async () => {
  const { channel, plugin } = open({ sendCapacity: 4096, receiveCapacity: 8192 })
  const there = new Promise<Uint8Array>((resolve) => plugin.on('frame', resolve))
  const back = new Promise<Uint8Array>((resolve) => channel.on('frame', resolve))
  await Promise.all([channel.sendDirect('frame', pattern(1_000_000)), plugin.sendDirect('frame', pattern(1_000_000))])
  expectBytes(await there, pattern(1_000_000))
  expectBytes(await back, pattern(1_000_000))
})

it('has ends that can crash, at either side', async () => {
  const crash = new SharedChannelError('PEER_LOST', 'The camera fell.')
  for (const side of [0, 1] as const) {
    const links = memoryLinks()
    const ends = [new SharedChannel(links[0], Camera), new SharedChannel(links[1], flip(Camera))] as const
    links[side].end(crash)
    expect((await ends[side].closed).reason).toBe(crash)
    await Promise.all(ends.map((end) => end.closed)) // nobody waits for ever
  }
})

it('tells an end that is there later that the other has gone', async () => {
  const [link, far] = memoryLinks()
  await link.close()
  const plugin = new SharedChannel(far, flip(Camera))
  expect((await plugin.closed).reason).toMatchObject({ code: 'PEER_LOST' })
})

it('tells once that the first link was closed', async () => {
  const onClose = vi.fn()
  const { channel, plugin } = open({ onClose })
  await plugin.close()
  await Promise.all([channel.close(), channel.close()])
  expect(onClose).toHaveBeenCalledOnce()
})

it('has rings of 64 KiB, or of what is asked for, rounded up', () => {
  expect(memoryLinks()[0].memory.byteLength).toBe(3 * 65_536)
  expect(memoryLinks({ sendCapacity: 65_537, receiveCapacity: 4096 })[0].memory.byteLength).toBe(4 * 65_536)
  expect(() => memoryLinks({ sendCapacity: 100 })).toThrow('sendCapacity must be an integer from 4096')
  expect(() => memoryLinks({ receiveCapacity: Number.NaN })).toThrow(/^receiveCapacity must be/)
})
