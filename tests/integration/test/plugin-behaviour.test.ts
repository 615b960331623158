import { bytes, defineProtocol, SharedChannel, SharedChannelError, text } from '@shared-channel/core'
import { describe, expect, it, vi } from 'vitest'
import { ask, openChannel, openTestPlugin } from './helpers/channels.ts'
import { Data, Talk } from './helpers/protocols.ts'
import { turn, until } from './helpers/wait.ts'

const CAPACITY = 16384
const FRAGMENT = CAPACITY / 4 - 8

/** Bytes that depend on their place and on `seed`, as the plugin `threads` makes them from byte 8 on. */
function pattern(size: number, seed: number): Buffer {
  const result = Buffer.allocUnsafe(size)
  for (let i = 0; i < size; i++) result[i] = (i * 7 + seed) & 255
  return result
}

describe('echo', () => {
  const sizes = [
    [0, 1, 7, 8, 9, 63, 64, 65, 1000],
    [CAPACITY / 2 - 9, CAPACITY / 2 - 8, CAPACITY / 2 - 7],
    [4 * FRAGMENT - 9, 4 * FRAGMENT - 8, 4 * FRAGMENT - 7],
    [CAPACITY - 8, CAPACITY, CAPACITY + 1, 10 * CAPACITY + 5, 1_000_003, 5],
  ].flat()

  it('brings messages of all sizes back, also those larger than the ring', async () => {
    const channel = await openChannel('echo', Data, { sendCapacity: CAPACITY, receiveCapacity: CAPACITY })
    const received: Uint8Array[] = []
    channel.on('data', (data) => received.push(data))
    for (const [index, size] of sizes.entries()) if (!channel.send('data', pattern(size, index))) await channel.ready
    await until(() => received.length === sizes.length)
    for (const [index, size] of sizes.entries()) {
      expect(Buffer.compare(received[index] ?? Buffer.alloc(0), pattern(size, index)), `size ${size}`).toBe(0)
    }
  })

  it.each([
    [4096, 2 ** 20],
    [2 ** 20, 4096],
  ])('goes through rings of %d and %d bytes', async (sendCapacity, receiveCapacity) => {
    const channel = await openChannel('echo', Data, { sendCapacity, receiveCapacity })
    const large = pattern(3_000_000, 1)
    let received: Uint8Array | undefined
    channel.on('data', (data) => {
      received = data
    })
    channel.send('data', large)
    await until(() => received !== undefined)
    expect(Buffer.compare(received ?? Buffer.alloc(0), large)).toBe(0)
  })

  it('keeps order and number over many small messages', async () => {
    const channel = await openChannel('echo', Data, { sendCapacity: CAPACITY, receiveCapacity: CAPACITY })
    const wrong: number[] = []
    let received = 0
    channel.on('data', (data) => {
      if (data.byteLength !== received % 100 || (data.byteLength > 0 && data[0] !== (received & 255)))
        wrong.push(received)
      received++
    })
    const count = 100_000
    const buffer = new Uint8Array(100)
    for (let i = 0; i < count; i++) {
      buffer[0] = i
      if (!channel.send('data', buffer.subarray(0, i % 100))) await channel.ready
    }
    await until(() => received >= count)
    expect(wrong).toEqual([])
    expect(channel.stats()).toMatchObject({ sentMessages: count, receivedMessages: count, queuedMessages: 0 })
  })

  it('is answered while the channel closes', async () => {
    const channel = await openChannel('echo', Data, { sendCapacity: 4096, receiveCapacity: 4096 })
    let bytesReceived = 0
    channel.on('data', (data) => {
      bytesReceived += data.byteLength
    })
    let bytesSent = 0
    for (const size of [10, 50_000, 0, 3000, 200_000]) {
      channel.send('data', pattern(size, size))
      bytesSent += size
    }
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(bytesReceived).toBe(bytesSent)
  })
})

describe('while a large message arrives', () => {
  it('the event loop goes round', async () => {
    const Stream = defineProtocol({
      send: { echo: { id: 4, codec: bytes() } },
      receive: { echo: { id: 4, codec: bytes() } },
    })
    const channel = await openChannel('measure', Stream, { receiveBudget: 2, maxQueueBytes: 2 ** 30 })
    let size = 0
    channel.on('echo', (data) => {
      size = data.byteLength
    })
    channel.send('echo', new Uint8Array(256 * 1024 * 1024))
    let rounds = 0
    for (; size === 0; rounds++) await turn()
    expect(size).toBe(256 * 1024 * 1024)
    // 256 MiB take tens of milliseconds to copy, and no batch may take more than two.
    expect(rounds).toBeGreaterThan(10)
  })
})

describe('an error in a plugin', () => {
  it.each([
    ['throw', 'The plugin "inspect": thrown in on_message'],
    ['throw int', 'The plugin "inspect": the plugin threw something that is not a std::exception'],
    ['report', 'The plugin "inspect": as it was told'],
  ])('is an event, and the channel goes on: %s', async (command, message) => {
    const channel = await openChannel('inspect', Talk)
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    channel.send('text', command)
    await until(() => errors.length === 1)
    expect(errors[0]).toBeInstanceOf(SharedChannelError)
    expect(errors[0]).toMatchObject({ code: 'PLUGIN_ERROR', message })
    expect(await ask(channel, 'options')).toBe('null')
    expect(errors).toHaveLength(1)
  })

  it('in update is one event a call', async () => {
    const channel = await openChannel('inspect', Talk, { updateInterval: 2, options: 'update' })
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    await until(() => errors.length >= 3)
    expect(errors[2]).toMatchObject({ code: 'PLUGIN_ERROR', message: expect.stringContaining('thrown in "update"') })
    expect(Number(await ask(channel, 'updates'))).toBeGreaterThanOrEqual(3)
  })

  it('in shutdown is heard before the channel is closed', async () => {
    const channel = await openChannel('inspect', Talk, { options: 'shutdown' })
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(errors).toEqual([expect.objectContaining({ code: 'PLUGIN_ERROR' })])
  })

  it.each(['throw in on_message', 'throw in destroy'])(
    'that crosses the C interface is contained: %s',
    async (options) => {
      const channel = await openChannel('bare', Talk, { options })
      const errors: unknown[] = []
      channel.onError((error) => errors.push(error))
      channel.send('text', 'hello')
      expect(await channel.close()).toEqual({ unconsumed: 0 })
      expect(errors).toEqual([
        expect.objectContaining({
          code: 'PLUGIN_ERROR',
          message: expect.stringContaining("an exception left the plugin's"),
        }),
      ])
    },
  )

  it('before there is a channel is kept for it', async () => {
    const log = vi.spyOn(console, 'error')
    const plugin = await openTestPlugin('inspect', { updateInterval: 1, options: 'update' })
    // Nothing tells that there were errors: that is what is tried here. Each of these takes a millisecond.
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1))
    const channel = new SharedChannel(plugin, Talk)
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    await Promise.resolve()
    expect(errors[0]).toMatchObject({ code: 'PLUGIN_ERROR', message: expect.stringContaining('thrown in "update"') })
    expect(log).not.toHaveBeenCalled()
    await channel.close()
  })
})

describe('the functions of sc_host', () => {
  const Statuses = defineProtocol({
    send: { run: { id: 1, codec: text() } },
    receive: {
      results: { id: 1, codec: text() },
      sent: { id: 2, codec: text() },
      filler: { id: 3, codec: bytes() },
      partial: { id: 4, codec: bytes() },
      largest: { id: 16_777_215, codec: text() },
    },
  })
  const [OK, TIMEOUT, TOO_LARGE, INVALID_ARGUMENT, BUSY] = [0, -1, -3, -4, -5]

  async function run(what: string, receiveCapacity = 4096) {
    const channel = await openChannel('statuses', Statuses, { receiveCapacity })
    const sent: string[] = []
    channel.on('sent', (value) => sent.push(value))
    channel.on('largest', (value) => sent.push(`largest ${value}`))
    const results = await new Promise<string>((resolve) => {
      channel.on('results', resolve)
      channel.send('run', what)
    })
    return { results: JSON.parse(results) as number[], sent }
  }

  it('check their arguments', async () => {
    const { results, sent } = await run('arguments')
    expect(results).toEqual([INVALID_ARGUMENT, INVALID_ARGUMENT, OK, TOO_LARGE, OK])
    expect(sent).toEqual(['', 'largest x'])
  })

  it('hand out one slot at a time, aligned, and take it back whatever commit returns', async () => {
    const { results, sent } = await run('slots')
    expect(results).toEqual([
      TOO_LARGE,
      INVALID_ARGUMENT,
      INVALID_ARGUMENT,
      OK,
      2040,
      0,
      INVALID_ARGUMENT,
      INVALID_ARGUMENT,
      OK,
      INVALID_ARGUMENT,
      OK,
      OK,
    ])
    expect(sent).toEqual(['\x07\x07\x07'])
  })

  it('tell who holds a slot that it does, and let others wait', async () => {
    const { results, sent } = await run('busy')
    expect(results).toEqual([OK, BUSY, BUSY, TIMEOUT, TIMEOUT, TIMEOUT, OK])
    expect(sent).toEqual(['y'])
  })

  it('time out when there is no room; the other side sees nothing of what timed out', async () => {
    const plugin = await openTestPlugin('statuses', { receiveCapacity: 4096, onLog: () => full() })
    let full = () => {}
    const filled = new Promise<void>((resolve) => {
      full = resolve
    })
    const channel = new SharedChannel(plugin, Statuses)
    channel.send('run', 'timeouts')
    await filled
    let fillers = 0
    let partials = 0
    channel.on('filler', (data) => {
      if (data.every((byte) => byte === 'f'.charCodeAt(0))) fillers++
    })
    channel.on('partial', () => partials++)
    const results = await new Promise<string>((resolve) => channel.on('results', resolve))
    expect(JSON.parse(results)).toEqual([7, TIMEOUT, TIMEOUT, expect.any(Number), TIMEOUT, TIMEOUT])
    expect(JSON.parse(results)[3]).toBeGreaterThanOrEqual(40)
    expect(fillers).toBe(7)
    expect(partials).toBe(0)
    expect(channel.stats().receivedMessages).toBe(8)
    await channel.close()
  })

  it('know no extension of another name', async () => {
    expect(await ask(await openChannel('inspect', Talk), 'extension')).toBe('none')
  })
})

describe('threads of a plugin', () => {
  it.each([
    [4, 3000, 500, 16384],
    [3, 200, 40_000, 4096],
  ])('%d of them send %d messages each, which arrive whole and in the order of each thread', async (...args) => {
    const [threads, messages, largest, receiveCapacity] = args
    const Go = defineProtocol({ send: { go: { id: 2, codec: bytes() } }, receive: { data: { id: 1, codec: bytes() } } })
    const channel = await openChannel('threads', Go, { receiveCapacity, options: [threads, messages, largest] })
    const next = Array.from({ length: threads }, () => 0)
    const wrong: string[] = []
    channel.on('data', (data) => {
      const [thread = -1, number = -1] = new Uint32Array(data.buffer, 0, 2)
      const expected = pattern(data.byteLength, thread * 31 + number)
      if (next[thread] !== number || Buffer.compare(expected.subarray(8), data.subarray(8)) !== 0) {
        wrong.push(`thread ${thread}: message ${number} where ${next[thread]} was due, ${data.byteLength} bytes`)
      }
      next[thread] = number + 1
    })
    channel.send('go', new Uint8Array())
    await until(() => channel.stats().receivedMessages >= threads * messages)
    expect(wrong).toEqual([])
    expect(next).toEqual(next.map(() => messages))
  })

  it('that wait for room come back when the channel closes', async () => {
    const Go = defineProtocol({ send: { go: { id: 2, codec: bytes() } }, receive: { data: { id: 1, codec: bytes() } } })
    const plugin = await openTestPlugin('threads', { receiveCapacity: 4096, options: [4, 1_000_000, 2000] })
    const channel = new SharedChannel(plugin, Go, { closeTimeout: 50 })
    channel.send('go', new Uint8Array())
    // Messages are in the ring, and nobody takes them.
    const tail = new Int32Array(plugin.memory, 896 + 256, 1)
    await until(() => Atomics.load(tail, 0) > 2048)
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(errors).toEqual([])
  })
})
