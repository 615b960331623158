import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { SharedChannel, SharedChannelError } from '@shared-channel/core'
import { capabilities, type LogLine, openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, openChannel, openTestPlugin } from './helpers/channels.ts'
import { runChild } from './helpers/child.ts'
import { threadsNamed } from './helpers/process.ts'
import { Talk } from './helpers/protocols.ts'
import { until } from './helpers/wait.ts'

const failure = (code: string, text: string | RegExp = '') =>
  expect.objectContaining({
    code,
    message: typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text),
  })

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-channel-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('opening', () => {
  it('is given up by a signal, which stops the plugin', async () => {
    const stop = new AbortController()
    const opening = openPlugin(pluginPath('echo'), { signal: stop.signal })
    stop.abort(new Error('the user left'))
    await expect(opening).rejects.toThrow('the user left')
    await expect(openPlugin(pluginPath('echo'), { signal: stop.signal })).rejects.toThrow('the user left')
    await until(() => threadsNamed(/^(sc:echo|shared-channel)$/).length === 0)
  })

  it('that went well is not undone by the signal later', async () => {
    const stop = new AbortController()
    const channel = new SharedChannel(await openTestPlugin('inspect', { signal: stop.signal }), Talk)
    stop.abort(new Error('too late'))
    expect(await ask(channel, 'options')).toBe('null')
    await channel.close()
  })
})

describe('an open plugin', () => {
  it('tells what it is', async () => {
    const plugin = await openTestPlugin('inspect')
    expect(plugin.info).toEqual({ name: 'inspect', version: '3.2.1', abi: '1.0' })
    expect(plugin.path).toBe(pluginPath('inspect'))
    expect(plugin.side).toBe(0)
  })

  it('is found without the extension of the platform', async () => {
    const short = await openPlugin(pluginPath('echo').replace(/\.so$/, ''))
    expect(short.path).toBe(pluginPath('echo'))
    await short.close()
  })

  it('is found by a relative path only when that is allowed', async () => {
    const path = relative(process.cwd(), pluginPath('echo'))
    await expect(openPlugin(path)).rejects.toEqual(failure('INVALID_ARGUMENT', 'must be absolute'))
    const plugin = await openPlugin(path, { allowRelative: true })
    expect(plugin.path).toBe(pluginPath('echo'))
    await plugin.close()
  })

  it('may have a name with any characters', async () => {
    const path = join(folder, 'with space & ünïcode.so')
    copyFileSync(pluginPath('echo'), path)
    const plugin = await openPlugin(path)
    expect(plugin.info.name).toBe('echo')
    await plugin.close()
  })

  it('has a thread that carries its name', async () => {
    expect(await ask(await openChannel('inspect', Talk), 'thread')).toBe('sc:inspect')
  })

  it('is told its options as JSON', async () => {
    const options = { device: 0, name: 'ä€😀', nested: [null, true, { quote: '"', nul: '\0' }] }
    expect(JSON.parse(await ask(await openChannel('inspect', Talk, { options }), 'options'))).toEqual(options)
    expect(await ask(await openChannel('inspect', Talk), 'options')).toBe('null')
    expect(await ask(await openChannel('inspect', Talk, { options: 'text' }), 'options')).toBe('"text"')
  })

  it.each([() => {}, Symbol('s'), 1n])('cannot be told what JSON cannot hold: %s', async (options) => {
    await expect(openPlugin(pluginPath('inspect'), { options })).rejects.toEqual(failure('INVALID_ARGUMENT', 'JSON'))
  })

  it('takes one channel, and none after it was closed', async () => {
    const plugin = await openTestPlugin('inspect')
    const channel = new SharedChannel(plugin, Talk)
    expect(() => new SharedChannel(plugin, Talk)).toThrow(failure('INVALID_ARGUMENT', 'already has a channel'))
    expect(await ask(channel, 'options')).toBe('null')
    await channel.close()
    expect(() => new SharedChannel(plugin, Talk)).toThrow(failure('CLOSED'))
    await plugin.close()
    const unused = await openTestPlugin('inspect')
    await unused.close()
    expect(() => new SharedChannel(unused, Talk)).toThrow(failure('CLOSED'))
    unused.wakePeer()
    unused.ref()
    unused.unref()
    await unused.stop()
  })
})

describe('opening fails', () => {
  it('when there is no such file', async () => {
    const path = join(folder, 'missing')
    await expect(openPlugin(path)).rejects.toEqual(failure('PLUGIN_NOT_FOUND', `${path}.so`))
    await expect(openPlugin(path)).rejects.toBeInstanceOf(SharedChannelError)
  })

  it('when the file is no library', async () => {
    const path = join(folder, 'text.so')
    writeFileSync(path, 'no library')
    chmodSync(path, 0o755)
    await expect(openPlugin(path)).rejects.toEqual(failure('PLUGIN_LOAD_FAILED', path))
    await expect(openPlugin(folder)).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' })
  })

  it('when the file is a folder or a pipe, which nobody waits for', async () => {
    const directory = join(folder, 'folder.so')
    mkdirSync(directory)
    await expect(openPlugin(directory)).rejects.toEqual(
      failure('PLUGIN_LOAD_FAILED', 'no file that could be a library'),
    )
    const pipe = join(folder, 'pipe.so')
    execFileSync('mkfifo', [pipe])
    await expect(openPlugin(pipe)).rejects.toEqual(failure('PLUGIN_LOAD_FAILED', 'no file that could be a library'))
  })

  it('when the file may not be read', async () => {
    chmodSync(folder, 0o755)
    const unreadable = join(folder, 'unreadable.so')
    copyFileSync(pluginPath('echo'), unreadable)
    chmodSync(unreadable, 0)
    const locked = join(folder, 'locked')
    mkdirSync(locked)
    chmodSync(locked, 0)
    const { code, stdout, stderr } = await runChild('open-as-nobody', [unreadable, join(locked, 'echo.so')])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const refusal = (path: string) => failure('PLUGIN_LOAD_FAILED', `cannot open ${path}: Permission denied`)
    const [first = '', second = ''] = stdout.split('\n')
    expect(JSON.parse(first)).toEqual(refusal(unreadable))
    expect(JSON.parse(second)).toEqual(refusal(join(locked, 'echo.so')))
  })

  it.each([
    // Where these numbers are: elf(5).
    ['of another architecture', 18, 22, /another architecture \(ELF machine 22, this is \d+\)/],
    ['of another word size', 4, 1, /ELFCLASS32/],
  ])('when the library is %s', async (_, offset, value, text) => {
    const path = join(folder, `other-${value}.so`)
    const library = readFileSync(pluginPath('echo'))
    library[offset] = value
    writeFileSync(path, library)
    await expect(openPlugin(path)).rejects.toEqual(failure('PLUGIN_LOAD_FAILED', text))
  })

  it('when the library was cut off, at whatever place', async () => {
    const library = readFileSync(pluginPath('echo'))
    const path = join(folder, 'cut.so')
    for (const size of [0, 3, 63, 64, 300, 1000, 4096]) {
      expect(library.length).toBeGreaterThan(size)
      writeFileSync(path, library.subarray(0, size))
      await expect(openPlugin(path), `${size} bytes`).rejects.toEqual(failure('PLUGIN_LOAD_FAILED', path))
    }
  })

  it('when a library that it needs is missing, which the message names', async () => {
    const path = join(folder, 'needs.so')
    const library = readFileSync(pluginPath('echo')).toString('latin1')
    writeFileSync(path, library.replaceAll('libstdc++.so', 'libabsent.so'), 'latin1')
    await expect(openPlugin(path)).rejects.toEqual(failure('PLUGIN_LOAD_FAILED', /libabsent\.so\.\d+: cannot open/))
  })

  it('when the library is no plugin', async () => {
    await expect(openPlugin(pluginPath('no_entry'))).rejects.toEqual(
      failure('PLUGIN_LOAD_FAILED', 'sc_get_plugin_entry'),
    )
  })

  it('when it was compiled for another ABI', async () => {
    await expect(openPlugin(pluginPath('wrong_abi'))).rejects.toEqual(failure('PLUGIN_ABI_MISMATCH', 'plugin ABI 99'))
  })

  it('when its entry is incomplete', async () => {
    await expect(openPlugin(pluginPath('nameless'))).rejects.toEqual(failure('PLUGIN_LOAD_FAILED', 'without a name'))
    await expect(openPlugin(pluginPath('bare'), { options: 'no on_message' })).rejects.toEqual(
      failure('PLUGIN_LOAD_FAILED', 'lacks initialize, on_message or destroy'),
    )
  })

  it.each([
    ['inspect', 'construct', 'thrown in "construct"'],
    ['inspect', 'initialize', 'thrown in "initialize"'],
    ['inspect', 'initialize int', 'not a std::exception'],
    ['bare', 'no instance', 'it gave no reason'],
    ['bare', 'refuse', 'it gave no reason'],
    ['bare', 'refuse with a reason', 'there is no camera'],
    ['bare', 'throw in create', "an exception left the plugin's create"],
    ['bare', 'throw in initialize', "an exception left the plugin's initialize"],
  ])('with the reason of the plugin: %s, %s', async (name, options, reason) => {
    await expect(openPlugin(pluginPath(name), { options, onLog: () => {} })).rejects.toEqual(
      failure('PLUGIN_INIT_FAILED', reason),
    )
  })

  it.each<[unknown, RegExp]>([
    ['', /string/],
    [undefined, /string/],
    [5, /string/],
    ['/a\0b', /string/],
    ['./relative', /absolute/],
  ])('with the path %o', async (path, text) => {
    await expect(openPlugin(path as string)).rejects.toEqual(failure('INVALID_ARGUMENT', text))
  })

  it.each([0, -1, Number.NaN, Infinity, 2 ** 30 + 1, '4096', null])('with the capacity %o', async (capacity) => {
    for (const name of ['sendCapacity', 'receiveCapacity']) {
      await expect(openPlugin(pluginPath('echo'), { [name]: capacity })).rejects.toEqual(
        failure('INVALID_ARGUMENT', name),
      )
    }
  })

  it.each([-1, Number.NaN, 2 ** 31, '5', null])('with the time %o', async (time) => {
    for (const name of ['updateInterval', 'shutdownTimeout']) {
      await expect(openPlugin(pluginPath('echo'), { [name]: time })).rejects.toEqual(failure('INVALID_ARGUMENT', name))
    }
  })

  it('and leaves nothing behind that a later opening could feel', async () => {
    for (let i = 0; i < 100; i++) {
      await expect(openPlugin(pluginPath('inspect'), { options: 'initialize', onLog: () => {} })).rejects.toBeDefined()
    }
    expect(await ask(await openChannel('inspect', Talk), 'options')).toBe('null')
  })
})

describe('capacities', () => {
  it.each([
    [1, 4096],
    [4096, 4096],
    [4097, 8192],
    [5000.5, 8192],
    [100_000, 131_072],
    [2 ** 20, 2 ** 20],
  ])('of %d bytes become %d', async (wanted, capacity) => {
    const channel = await openChannel('inspect', Talk, { receiveCapacity: wanted, sendCapacity: 2 ** 16 })
    expect(await ask(channel, 'slot')).toBe(`${capacity / 2 - 8}`)
    const plugin = await openTestPlugin('echo', { sendCapacity: wanted, receiveCapacity: 2 ** 16 })
    expect(new Uint32Array(plugin.memory)[5]).toBe(capacity)
  })

  it('are 512 KiB each when none are given', async () => {
    const { memory } = await openTestPlugin('echo')
    expect(memory.byteLength).toBe(65536 + 2 * 512 * 1024)
  })

  it('may be 1 GiB', async () => {
    const channel = await openChannel('inspect', Talk, { receiveCapacity: 2 ** 30, sendCapacity: 4096 })
    expect(await ask(channel, 'slot')).toBe(`${2 ** 29 - 8}`)
  })
})

describe('update', () => {
  it('is called every updateInterval', async () => {
    const channel = await openChannel('inspect', Talk, { updateInterval: 5 })
    const start = performance.now()
    const first = Number(await ask(channel, 'updates'))
    let updates = first
    while (updates < first + 20) updates = Number(await ask(channel, 'updates'))
    // Never more often than it should; a busy machine may be late.
    expect(performance.now() - start).toBeGreaterThan(19 * 5 - 1)
  })

  it('is called on its interval also while messages come', async () => {
    const channel = await openChannel('inspect', Talk, { updateInterval: 1, sendCapacity: 4096 })
    let answers = 0
    channel.on('text', () => answers++)
    let updates = 0
    channel.on('text', (answer) => {
      updates = Number(answer)
    })
    while (updates < 10) if (!channel.send('text', 'updates')) await channel.ready
    expect(answers).toBeGreaterThan(0)
  })

  it('is never called by default', async () => {
    const channel = await openChannel('inspect', Talk)
    const start = performance.now()
    let updates = 0
    while (performance.now() - start < 100) updates += Number(await ask(channel, 'updates'))
    expect(updates).toBe(0)
  })
})

describe('what a plugin logs', () => {
  it('goes to onLog, in order, from its construction on', async () => {
    const lines: LogLine[] = []
    const channel = await openChannel('inspect', Talk, { onLog: (line) => lines.push(line) })
    await ask(channel, 'log')
    await channel.close()
    expect(lines).toEqual([
      { level: 'info', text: 'constructed' },
      { level: 'debug', text: 'a detail' },
      { level: 'info', text: 'some news: ä€' },
      { level: 'warn', text: 'a warning' },
      { level: 'error', text: 'a failure' },
      { level: 'info', text: 'an unknown level' },
      { level: 'info', text: '' },
      { level: 'info', text: 'shut down' },
      { level: 'info', text: 'destroyed' },
    ])
  })

  it('goes to the console by default', async () => {
    const info = vi.spyOn(console, 'info').mockReturnValue()
    const plugin = await openPlugin(pluginPath('inspect'))
    await plugin.close()
    expect(info.mock.calls.map(([line]) => line)).toContain('[inspect] shut down')
  })

  // While JavaScript is busy it sees what the plugin writes only where memory is mapped.
  it.skipIf(!capabilities().zeroCopy)('is dropped and counted when it is more than JavaScript can take', async () => {
    const lines: string[] = []
    const plugin = await openTestPlugin('inspect', { onLog: ({ text }) => lines.push(text) })
    const channel = new SharedChannel(plugin, Talk)
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    await until(() => lines.length === 1) // it was constructed
    channel.send('text', 'flood the log')
    // JavaScript is busy until the plugin has said all, and has written its answer.
    const tail = new Int32Array(plugin.memory, 896 + 256, 1)
    while (Atomics.load(tail, 0) === 0);
    await until(() => errors.length === 1)
    const { code, message } = errors[0] as SharedChannelError
    expect(code).toBe('PLUGIN_ERROR')
    const dropped = Number(/(\d+) log lines and errors of the plugin were dropped/.exec(message)?.[1])
    expect(lines.length).toBe(1 + 1024)
    expect(lines.length - 1 + dropped).toBe(5000)
    expect(lines.at(-1)).toBe('line 1023')
    await channel.close()
  })

  it('may fail to be handled, and everything goes on', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const channel = await openChannel('inspect', Talk, {
      onLog: () => {
        throw new Error('in onLog')
      },
    })
    expect(await ask(channel, 'log')).toBe('logged')
    expect(log).toHaveBeenCalledWith(expect.objectContaining({ message: 'in onLog' }))
  })
})

describe('channels at once', () => {
  it('of one library are instances of their own', async () => {
    const channels = await Promise.all(
      Array.from({ length: 20 }, (_, i) => openChannel('inspect', Talk, { options: i, receiveCapacity: 4096 })),
    )
    const options = await Promise.all(channels.map((channel) => ask(channel, 'options')))
    expect(options).toEqual(channels.map((_, i) => `${i}`))
    const instances = await Promise.all(channels.map((channel) => ask(channel, 'instance')))
    expect(new Set(instances).size).toBe(20)
  })
})
