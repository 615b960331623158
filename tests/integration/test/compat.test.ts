import { Protocol as CoreProtocol } from '@shared-channel/core/compat'
import { MessageType, nativeAddon, Protocol, SharedMemoryChannel, Throttle } from '@shared-channel/native/compat'
import { pluginPath } from '@shared-channel/test-plugins'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { turn, until } from './helpers/wait.ts'

const bytes = (...values: number[]) => Uint8Array.of(...values)
let told: unknown[] = []
beforeEach(() => {
  told = []
  vi.spyOn(console, 'error').mockImplementation((error) => told.push(error))
})
afterEach(() => expect(told).toEqual([]))

/** What the console was told, for a test that expects it. */
function consoleErrors(): unknown[] {
  return told.splice(0)
}

function open(plugin: string, size = 65536): SharedMemoryChannel {
  expect(nativeAddon.loadPlugin(pluginPath(plugin))).toBe(true)
  const channel = new SharedMemoryChannel(size, size)
  onTestFinished(() => channel.cleanup())
  return channel
}

/** Receives into an array. */
function receive(channel: SharedMemoryChannel): Uint8Array[] {
  const received: Uint8Array[] = []
  channel.startReceiving((message) => received.push(message))
  return received
}

describe('nativeAddon.loadPlugin', () => {
  it('is false for what is no plugin, and the console says why', () => {
    expect(nativeAddon.loadPlugin('/nowhere/at-all')).toBe(false)
    expect(consoleErrors()).toEqual([expect.objectContaining({ code: 'PLUGIN_NOT_FOUND' })])
    expect(nativeAddon.loadPlugin(pluginPath('no_entry'))).toBe(false)
    expect(consoleErrors()).toEqual([expect.objectContaining({ code: 'PLUGIN_LOAD_FAILED' })])
    expect(nativeAddon.loadPlugin('relative/path')).toBe(false)
    expect(consoleErrors()).toEqual([expect.objectContaining({ code: 'INVALID_ARGUMENT' })])
  })

  it('decides which plugin the channels made after it belong to', async () => {
    const once = open('echo')
    const twice = open('interface_echo')
    expect(nativeAddon.loadPlugin(pluginPath('no_entry'))).toBe(false) // which changes nothing
    consoleErrors()
    const received = { once: receive(once), twice: receive(twice) }
    once.send(bytes(1))
    twice.send(bytes(2))
    await until(() => received.once.length === 1 && received.twice.length === 2)
    expect(received).toEqual({ once: [bytes(1)], twice: [bytes(2), bytes(2)] })
  })
})

describe('SharedMemoryChannel', () => {
  it('works as its guide shows, in a component’s life', async () => {
    expect(nativeAddon.loadPlugin(pluginPath('interface_echo'))).toBe(true)
    const channel = new SharedMemoryChannel(1024 * 1024, 1024 * 1024)
    const payloads: Uint8Array[] = []
    channel.startReceiving((message) => {
      const type = message[0]
      if (type === 0x01) payloads.push(message.slice(1))
    })
    channel.send(bytes(0x01, 0x02, 0x03, 0x04))
    const message = new Uint8Array(4)
    message[0] = 0x01
    message.set(bytes(7, 8, 9), 1)
    await channel.send_direct(message, 2000)
    await until(() => payloads.length === 4)
    expect(payloads).toEqual([bytes(2, 3, 4), bytes(2, 3, 4), bytes(7, 8, 9), bytes(7, 8, 9)])
    channel.cleanup()
    channel.cleanup()
  })

  it('can be made again at once after cleanup, as a component that is mounted twice does', async () => {
    for (let round = 0; round < 5; round++) {
      const channel = open('interface_echo')
      const received = receive(channel)
      channel.send(bytes(round))
      if (round % 2 === 0) await until(() => received.length === 2)
      channel.cleanup()
    }
  })

  it('keeps the order of what was sent before it was open, and copies it', async () => {
    const channel = open('echo')
    const received = receive(channel)
    const reused = bytes(1)
    channel.send(reused)
    reused[0] = 99
    const direct = channel.send_direct(bytes(2), 10_000)
    channel.send(bytes(3))
    await direct
    channel.send(bytes(4))
    await until(() => received.length === 4)
    expect(received).toEqual([bytes(1), bytes(2), bytes(3), bytes(4)])
  })

  it('bounds what is sent before it is open, as afterwards, and loses nothing of it', async () => {
    const channel = open('echo', 1 << 20)
    for (let i = 0; i < 64; i++) channel.send(new Uint8Array(1 << 20).fill(i))
    expect(() => channel.send(bytes(1))).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }))
    const firsts: (number | undefined)[] = []
    channel.startReceiving(([first]) => firsts.push(first))
    await until(() => firsts.length === 64)
    expect(firsts).toEqual(Array.from({ length: 64 }, (_, i) => i))
  })

  it('refuses a time that is none, before it is open and afterwards', async () => {
    const channel = open('echo')
    const refused = { code: 'INVALID_ARGUMENT' }
    await expect(channel.send_direct(bytes(1), -1)).rejects.toMatchObject(refused)
    await channel.send_direct(bytes(1), 10_000)
    await expect(channel.send_direct(bytes(1), -1)).rejects.toMatchObject(refused)
  })

  it('hands out copies, which stay as they are', async () => {
    const channel = open('echo', 4096)
    const received = receive(channel)
    for (let i = 0; i < 100; i++) channel.send(new Uint8Array(1000).fill(i))
    await until(() => received.length === 100)
    for (const [i, message] of received.entries()) expect(message).toEqual(new Uint8Array(1000).fill(i))
  })

  it('leaves messages in the ring while nobody receives', async () => {
    const channel = open('echo')
    const first = receive(channel)
    channel.send(bytes(1))
    await until(() => first.length === 1)
    channel.stopReceiving()
    channel.send(bytes(2))
    await channel.send_direct(bytes(3), 1000)
    const second = receive(channel)
    await until(() => second.length === 2)
    expect({ first, second }).toEqual({ first: [bytes(1)], second: [bytes(2), bytes(3)] })
  })

  it('calls one callback at a time: a second startReceiving takes the place of the first', async () => {
    const channel = open('echo')
    const first = receive(channel)
    const second = receive(channel)
    channel.send(bytes(1))
    await until(() => second.length === 1)
    expect(first).toEqual([])
  })

  it('carries 500 MB each way', async () => {
    const channel = open('echo', 1 << 20)
    const message = (index: number) => new Uint8Array(1_000_000).fill(index)
    let received = 0
    let wrong = 0
    channel.startReceiving((data) => {
      if (Buffer.compare(data, message(received++)) !== 0) wrong++
    })
    for (let index = 0; index < 500; index++) await channel.send_direct(message(index), 20_000)
    await until(() => received === 500)
    expect(wrong).toBe(0)
  }, 60_000)

  it('rejects send_direct with TIMEOUT when there is no room in time, and sends nothing of it', async () => {
    const channel = open('echo', 4096)
    // Nobody receives: the plugin waits for room, and then the ring to it fills up too.
    for (let i = 0; i < 40; i++) channel.send(new Uint8Array(1000).fill(i))
    await expect(channel.send_direct(bytes(99), 50)).rejects.toMatchObject({ code: 'TIMEOUT' })
    const received = receive(channel)
    await until(() => received.length === 40)
    channel.send(bytes(100))
    await until(() => received.length === 41)
    expect(received[40]).toEqual(bytes(100))
  })

  it('tells when no message waits any more, also of messages sent before it was open', async () => {
    const channel = open('echo')
    const received = receive(channel)
    let empty = 0
    channel.send(bytes(1))
    channel.onMessageQueueEmptyCallback = () => empty++
    await until(() => empty === 1)
    for (let i = 0; i < 100; i++) channel.send(new Uint8Array(10_000))
    await until(() => empty === 2)
    await until(() => received.length === 101)
    expect(empty).toBe(2)
  })

  it('tells it no more often than queueUpdateThrottle allows', async () => {
    const channel = open('echo')
    receive(channel)
    channel.queueUpdateThrottle = new Throttle(10_000)
    let empty = 0
    channel.onMessageQueueEmptyCallback = () => empty++
    for (let i = 0; i < 20; i++) await channel.send_direct(bytes(i), 1000).then(() => channel.send(bytes(i)))
    await until(() => empty > 0)
    for (let i = 0; i < 20; i++) await turn()
    expect(empty).toBe(1)
  })

  it('accepts the polling intervals of its guide', () => {
    const channel = open('echo')
    channel.recv_fast_check_interval = 1
    channel.recv_slow_check_interval = 100
  })

  it('refuses sizes that cannot be, and messages that are no bytes', async () => {
    open('echo')
    for (const size of [0, -1, Number.NaN, 2 ** 30 + 1, '4096' as unknown as number]) {
      expect(() => new SharedMemoryChannel(size, 4096)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
      expect(() => new SharedMemoryChannel(4096, size)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
    const channel = open('echo')
    const text = 'text' as unknown as Uint8Array
    expect(() => channel.send(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    await expect(channel.send_direct(text, 10)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await channel.send_direct(bytes(1), 10_000)
    expect(() => channel.send(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('refuses to send after cleanup', async () => {
    const early = open('echo')
    early.cleanup()
    expect(() => early.send(bytes(1))).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    const channel = open('echo')
    await channel.send_direct(bytes(1), 10_000)
    channel.cleanup()
    expect(() => channel.send(bytes(1))).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await expect(channel.send_direct(bytes(1), 10)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('says on the console that it could not be opened, and rejects what waits with the reason', async () => {
    const channel = open('interface_refuser')
    channel.send(bytes(1))
    await expect(channel.send_direct(bytes(1), 10_000)).rejects.toMatchObject({ code: 'PLUGIN_INIT_FAILED' })
    expect(consoleErrors()).toEqual([expect.objectContaining({ code: 'PLUGIN_INIT_FAILED' })])
    expect(() => channel.send(bytes(1))).toThrow(
      expect.objectContaining({ code: 'CLOSED', cause: expect.objectContaining({ code: 'PLUGIN_INIT_FAILED' }) }),
    )
  })
})

describe('Throttle', () => {
  it('acts at once, then at most once an interval, the last time at its end', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const throttle = new Throttle(200)
    let acted = 0
    const act = () => throttle.run(() => acted++)
    act()
    expect(acted).toBe(1)
    act()
    act()
    vi.advanceTimersByTime(199)
    expect(acted).toBe(1)
    vi.advanceTimersByTime(1)
    expect(acted).toBe(2)
    vi.advanceTimersByTime(1000)
    expect(acted).toBe(2)
    act()
    expect(acted).toBe(3)
    act()
    throttle.cancel()
    vi.advanceTimersByTime(1000)
    expect(acted).toBe(3)
  })

  it.each([-1, Number.NaN, 2 ** 31, '5' as unknown as number])('refuses %s', (interval) => {
    expect(() => new Throttle(interval)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

it('the protocol of type and length is the one of core', () => {
  expect(Protocol).toBe(CoreProtocol)
  expect(Protocol.parseMessage(Protocol.createMessage(MessageType.COMMAND, bytes(5))).payload).toEqual(bytes(5))
})
