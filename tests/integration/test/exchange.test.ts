// `plugin.exchange`: the plugin works in memory of JavaScript.
import { SharedChannel, SharedChannelError, segmentSize } from '@shared-channel/core'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, it } from 'vitest'
import { loadAddon } from '../../../packages/native/lib/addon.ts'
import { openTestPlugin } from './helpers/channels.ts'
import { isolation } from './helpers/isolation.ts'
import { Data } from './helpers/protocols.ts'
import { until } from './helpers/wait.ts'

const SIZE = 64 * 1024
const CANARY = 0xa5

/** What the plugin fills memory with. */
const filled = (size: number): number[] => Array.from({ length: size }, (_, i) => (i * 7 + 3) & 255)

const failure = (code: string, text = '') => expect.objectContaining({ code, message: expect.stringContaining(text) })

const resizable = (size: number, maxByteLength: number) => new ArrayBuffer(size, { maxByteLength })
const growable = (size: number, maxByteLength: number) => new SharedArrayBuffer(size, { maxByteLength })
const wasm = (shared: boolean) => new WebAssembly.Memory({ initial: 1, maximum: 2, shared })

describe('the memory of an exchange', () => {
  const views: [what: string, view: ArrayBufferView][] = [
    ['a Uint8Array', new Uint8Array(SIZE)],
    ['one so small that the engine keeps it with the object', new Uint8Array(3)],
    ['a part of one', new Uint8Array(SIZE).subarray(3, 1001)],
    ['nothing', new Uint8Array(0)],
    ['nothing, at the end', new Uint8Array(SIZE).subarray(SIZE)],
    ['a Uint8ClampedArray', new Uint8ClampedArray(new ArrayBuffer(100), 1, 50)],
    ['an Int16Array', new Int16Array(new ArrayBuffer(100), 2, 7)],
    ['a Float64Array', new Float64Array(new ArrayBuffer(SIZE), 16, 100)],
    ['a BigInt64Array', new BigInt64Array(new ArrayBuffer(100), 8, 2)],
    ['a DataView', new DataView(new ArrayBuffer(100), 5, 33)],
    ['a Buffer of its own', Buffer.alloc(100)],
    ['a Buffer in the pool', Buffer.from('x'.repeat(100))],
    ['a part of a Buffer', Buffer.alloc(100).subarray(7, 77)],
    ['a view over shared memory', new Uint8Array(new SharedArrayBuffer(100), 9, 50)],
    ['a Float32Array over shared memory', new Float32Array(new SharedArrayBuffer(100), 4, 20)],
    ['a DataView over shared memory', new DataView(new SharedArrayBuffer(100), 9, 50)],
    ['WebAssembly memory', new Uint8Array(wasm(false).buffer, 100, 1000)],
    ['shared WebAssembly memory', new Uint8Array(wasm(true).buffer, 100, 1000)],
    ['the fixed part of a resizable buffer', new Uint8Array(resizable(100, 200), 10, 50)],
    ['a view as long as a resizable buffer', new Uint8Array(resizable(100, 200), 10)],
    ['a DataView as long as a resizable buffer', new DataView(resizable(100, 200), 10)],
    ['a view as long as a growable buffer', new Uint8Array(growable(100, 200), 10)],
    ['a DataView as long as a growable buffer', new DataView(growable(100, 200), 10)],
  ]

  it.each(views)('is what the view covers, and nothing else: %s', async (_, view) => {
    const plugin = await openTestPlugin('exchange')
    const { buffer, byteOffset, byteLength } = view
    const all = new Uint8Array(buffer)
    const expected = [...all.fill(CANARY)]
    expected.splice(byteOffset, byteLength, ...filled(byteLength))
    expect(plugin.exchange(view)).toBe(byteLength)
    expect(Buffer.compare(all, Uint8Array.from(expected))).toBe(0)
  })

  it('follows a buffer that grows and shrinks', async () => {
    const plugin = await openTestPlugin('exchange')
    const buffer = resizable(100, 200)
    const views = [new Uint8Array(buffer), new Uint32Array(buffer), new DataView(buffer)]
    for (const size of [100, 200, 40, 0, 120]) {
      buffer.resize(size)
      for (const view of views) {
        new Uint8Array(buffer).fill(CANARY)
        expect(plugin.exchange(view)).toBe(size)
        expect([...new Uint8Array(buffer)]).toEqual(filled(size))
      }
    }
    const part = new Uint8Array(buffer, 10, 50)
    buffer.resize(20)
    expect(plugin.exchange(part)).toBe(0)
    buffer.resize(60)
    expect(plugin.exchange(part)).toBe(50)
  })

  it('may be that of a channel, where it disturbs nobody', async () => {
    const other = await openTestPlugin('echo', { sendCapacity: 4096, receiveCapacity: 4096 })
    const channel = new SharedChannel(other, Data)
    const plugin = await openTestPlugin('exchange')
    // Behind the rings there is nothing.
    const padding = new Uint8Array(other.memory, 65536 + 8192, segmentSize(4096, 4096) - 65536 - 8192)
    expect(plugin.exchange(padding)).toBe(padding.length)
    expect(padding.every((byte, i) => byte === ((i * 7 + 3) & 255))).toBe(true)
    let received: Uint8Array | undefined
    channel.on('data', (data) => {
      received = data
    })
    channel.send('data', padding.subarray(0, 1000))
    await until(() => received !== undefined)
    expect([...(received ?? [])]).toEqual(filled(1000))
    await channel.close()
  })

  it('is used in place', async () => {
    const plugin = await openTestPlugin('exchange', { options: 'invert' })
    const numbers = Uint32Array.of(0, 1, 0xffff0000)
    expect(plugin.exchange(numbers)).toBe(12)
    expect([...numbers]).toEqual([0xffffffff, 0xfffffffe, 0xffff])
  })

  it('may be written in part, and the caller is told how much', async () => {
    const plugin = await openTestPlugin('exchange', { options: 'half' })
    const buffer = Buffer.alloc(100, CANARY)
    expect(plugin.exchange(buffer)).toBe(50)
    expect([...buffer.subarray(0, 50)]).toEqual(filled(50))
    expect(buffer.subarray(50).every((byte) => byte === CANARY)).toBe(true)
  })

  it('may be new each time, while garbage is collected', async () => {
    const plugin = await openTestPlugin('exchange')
    const kept: Uint8Array[] = []
    // Some hundred megabytes, far more than the engine lets lie.
    for (let i = 0; i < 50_000; i++) {
      const view = new Uint8Array((i * 37) % 5000)
      plugin.exchange(view)
      if (i % 1000 === 0) kept.push(view)
    }
    for (const view of kept) expect([...view]).toEqual(filled(view.length))
  })
})

describe('what is no memory', () => {
  const wrong: [what: string, value: unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a number', 100],
    ['a string', 'memory'],
    ['a symbol', Symbol('memory')],
    ['a function', () => {}],
    ['an array', [1, 2, 3]],
    ['an ArrayBuffer', new ArrayBuffer(100)],
    ['a SharedArrayBuffer', new SharedArrayBuffer(100)],
    ['an object that looks like a view', { buffer: new ArrayBuffer(8), byteOffset: 0, byteLength: 8 }],
    ['an object that inherits from one', Object.create(Uint8Array.prototype)],
    ['a proxy of one', new Proxy(new Uint8Array(8), {})],
    ['a view that lies about its length', Object.defineProperty(new Uint8Array(8), 'byteLength', { value: 1e9 })],
    ['a view that lies about its offset', Object.defineProperty(new Uint8Array(8), 'byteOffset', { value: -1 })],
    ['a view whose buffer was transferred', transferred(new Uint8Array(100))],
    ['a DataView whose buffer was transferred', transferred(new DataView(new ArrayBuffer(100)))],
    ['a view of WebAssembly memory that grew', grown()],
    ['a DataView of which a part is gone', shrunk()],
  ]

  it.each(wrong)('is refused: %s', async (_, value) => {
    const plugin = await openTestPlugin('exchange')
    const exchange = () => plugin.exchange(value as Uint8Array)
    expect(exchange).toThrow(SharedChannelError)
    expect(exchange).toThrow(failure('INVALID_ARGUMENT', 'memory for exchange'))
    expect(plugin.exchange(new Uint8Array(8))).toBe(8)
  })

  it('is no memory to the addon beneath either', async () => {
    const { NativePlugin } = loadAddon()
    const view = new Uint8Array(new WebAssembly.Memory({ initial: 2 }).buffer)
    const path = pluginPath('exchange')
    const events: string[] = []
    const onEvent = (kind: string) => events.push(kind)
    const native = new NativePlugin(view, 4096, 4096, path, 'null', 0, 2000, undefined, undefined, () => {}, onEvent)
    await until(() => events.includes('ready'))
    for (const [what, value] of wrong) {
      if (!what.includes('lies')) expect(native.exchange(value as Uint8Array), what).toBe(0)
    }
    expect(native.exchange(new Uint8Array(8))).toBe(8)
    native.stop()
    await until(() => events.includes('ended'))
    expect(() => native.exchange(new Uint8Array(8))).toThrow(failure('CLOSED'))
    native.close()
    expect(() => native.exchange(new Uint8Array(8))).toThrow(failure('CLOSED'))
  })

  function transferred<View extends ArrayBufferView>(view: View): View {
    structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
    return view
  }

  function grown(): Uint8Array {
    const memory = wasm(false)
    const view = new Uint8Array(memory.buffer)
    memory.grow(1)
    return view
  }

  function shrunk(): DataView {
    const buffer = resizable(100, 100)
    const view = new DataView(buffer, 10, 50)
    buffer.resize(20)
    return view
  }
})

describe('an exchange', () => {
  it('runs on the thread of the caller', async () => {
    const plugin = await openTestPlugin('exchange', { options: 'thread' })
    const name = Buffer.alloc(16)
    const size = plugin.exchange(name)
    expect(size).toBeGreaterThan(0)
    const thread = name.toString('utf8', 0, size)
    if (isolation === 'thread') expect(thread).not.toMatch(/^sc:/)
    else expect(thread).toBe('sc:exchange') // of the process, where the caller has none
  })

  it.each([
    ['throw', 'The plugin "exchange": as it was told'],
    ['throw int', 'The plugin "exchange": the plugin threw something that is not a std::exception'],
    ['overshoot', 'The plugin "exchange" says that it wrote 101 bytes into memory of 100'],
    ['send', 'The plugin "exchange": no room in the ring within the timeout'],
  ])('that fails throws at the caller alone: %s', async (options, message) => {
    const channel = await openChannelWithPlugin(options)
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    for (let i = 0; i < 3; i++) {
      expect(() => channel.plugin.exchange(new Uint8Array(100))).toThrow(failure('PLUGIN_ERROR', message))
    }
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(errors).toEqual([])
  })

  it('goes beside messages', async () => {
    const channel = await openChannelWithPlugin('fill')
    let received = 0
    channel.on('data', () => received++)
    for (let i = 0; i < 1000; i++) {
      channel.send('data', new Uint8Array(50))
      expect(channel.plugin.exchange(new Uint8Array(50))).toBe(50)
    }
    await until(() => received === 1000)
  })

  it('is not what every plugin has', async () => {
    for (const name of ['echo', 'bare']) {
      const plugin = await openTestPlugin(name)
      expect(() => plugin.exchange(new Uint8Array(8))).toThrow(failure('NOT_SUPPORTED', `"${name}" has no exchange`))
    }
  })

  it('is closed with the plugin', async () => {
    const plugin = await openTestPlugin('exchange')
    const closing = plugin.close()
    expect(() => plugin.exchange(new Uint8Array(8))).toThrow(failure('CLOSED'))
    await closing
    expect(() => plugin.exchange(new Uint8Array(8))).toThrow(failure('CLOSED'))
    expect(() => plugin.exchange(null as never)).toThrow(failure('CLOSED'))
  })

  it('is closed with the channel, and works until then', async () => {
    const channel = await openChannelWithPlugin('fill')
    const { plugin } = channel
    const closing = channel.close()
    let code = ''
    while (code === '') {
      try {
        expect(plugin.exchange(new Uint8Array(8))).toBe(8)
      } catch (error) {
        code = (error as SharedChannelError).code
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(code).toBe('CLOSED')
    await closing
  })

  it('is closed when the plugin has ended by itself', async () => {
    const channel = await openChannelWithPlugin('fill')
    // A position that cannot be ends the plugin.
    new Uint32Array(channel.plugin.memory, 896, 1)[0] = 12
    new Uint32Array(channel.plugin.memory, 768, 1)[0] = 1
    channel.plugin.wakePeer()
    await until(() => {
      try {
        channel.plugin.exchange(new Uint8Array(8))
        return false
      } catch (error) {
        expect(error).toEqual(failure('CLOSED'))
        return true
      }
    })
  })
})

/** A channel over the plugin `exchange`, and the plugin. */
async function openChannelWithPlugin(options: string) {
  const plugin = await openTestPlugin('exchange', { options, sendCapacity: 4096, receiveCapacity: 4096 })
  return Object.assign(new SharedChannel(plugin, Data), { plugin })
}
