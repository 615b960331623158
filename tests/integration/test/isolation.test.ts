// Plugins in processes of their own. What is the same as on a thread is specified by vitest.isolated.config.ts.
import { readlinkSync } from 'node:fs'
import { defineProtocol, SharedChannel, text } from '@shared-channel/core'
import { capabilities, type OpenPluginOptions, openPlugin, type Plugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { runChild } from './helpers/child.ts'
import { hostProcesses, isThere } from './helpers/process.ts'
import { until } from './helpers/wait.ts'

const Talk = defineProtocol({
  both: { text: { id: 1, codec: text() } },
  send: { ask: { id: 2, codec: text(), reply: text() } },
})

const failure = (code: string, message: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

/** Opens a plugin in a process of its own; closed when the test ends. */
async function open(name: string, options: OpenPluginOptions = {}): Promise<Plugin> {
  const plugin = await openPlugin(pluginPath(name), { isolation: 'process', onLog: () => {}, ...options })
  onTestFinished(() => plugin.close())
  return plugin
}

/** The same with a channel over it. */
async function openTalk(options: OpenPluginOptions = {}, name = 'crash') {
  const plugin = await open(name, options)
  const channel = new SharedChannel(plugin, Talk)
  const errors: unknown[] = []
  channel.onError((error) => errors.push(error))
  onTestFinished(async () => void (await channel.close()))
  return { plugin, channel, errors }
}

const CRASHES: [how: string, text: string][] = [
  ['segv', 'was ended by SIGSEGV'],
  ['abort', 'was ended by SIGABRT'],
  ['kill', 'was ended by SIGKILL'],
  ['exit 3', 'ended with exit code 3'],
  ['exit 0', 'ended with exit code 0'],
  ['fork', 'was ended by SIGABRT'],
]

describe('a plugin in a process of its own', () => {
  it('runs there, under its name, without the descriptors of the application', async () => {
    const { channel } = await openTalk()
    const pid = Number(
      await new Promise<string>((resolve) => {
        channel.on('text', resolve)
        channel.send('text', 'pid')
      }),
    )
    expect(hostProcesses()).toEqual([{ pid, name: 'sc:crash' }])
    expect(readlinkSync(`/proc/${pid}/exe`)).toMatch(/build\/Release\/shared-channel-host$/)
    await channel.close()
    expect(isThere(pid)).toBe(false)
  })

  it('says what it can and cannot do', async () => {
    const inside = await open('echo', { isolation: 'thread' })
    expect(inside.capabilities()).toEqual(capabilities())
    const outside = await open('echo')
    expect(outside.capabilities()).toMatchObject({
      nativeInProcess: false,
      reason: expect.stringContaining('exchange'),
    })
    expect(outside.info).toEqual({ name: 'echo', version: '1.0.0', abi: '1.0' })
  })

  it('prints where the application does', async () => {
    const { code, stdout } = await runChild('isolated', ['print'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'printed\n' })
  })

  it('may log long lines, which are cut', async () => {
    const lines: string[] = []
    const { channel } = await openTalk({ onLog: ({ text }) => lines.push(text) })
    channel.send('text', 'log')
    await until(() => lines.length === 1)
    expect(lines).toEqual(['x'.repeat(65536)])
  })

  it('of plugin_interface.h may be opened more than once', async () => {
    const Messages = defineProtocol({
      send: { say: { id: 1, codec: text() } },
      receive: { heard: { id: 0, codec: text() } },
    })
    const channels = await Promise.all(
      [1, 2, 3].map(async () => {
        const channel = new SharedChannel(await open('interface_count'), Messages)
        onTestFinished(async () => void (await channel.close()))
        return channel
      }),
    )
    const answers = channels.map((channel, i) => {
      const answer = new Promise<string>((resolve) => channel.on('heard', resolve))
      channel.send('say', 'x'.repeat(i))
      return answer
    })
    // Each process has a library of its own, which was initialized once.
    expect(await Promise.all(answers)).toEqual(['0 bytes, 1, 0', '1 bytes, 1, 0', '2 bytes, 1, 0'])
  })

  it.each([
    ['missing', {}, 'PLUGIN_NOT_FOUND', 'there is no plugin at'],
    ['no_entry', {}, 'PLUGIN_LOAD_FAILED', 'sc_get_plugin_entry'],
    ['wrong_abi', {}, 'PLUGIN_ABI_MISMATCH', 'plugin ABI 99'],
    ['inspect', { options: 'initialize' }, 'PLUGIN_INIT_FAILED', 'thrown in "initialize"'],
  ])('fails to open as on a thread: %s', async (name, options, code, message) => {
    await expect(open(name, options)).rejects.toEqual(failure(code, message))
    expect(hostProcesses()).toEqual([])
  })

  it.each<[OpenPluginOptions, RegExp]>([
    [{ isolation: 'container' as 'process' }, /isolation must be 'thread' or 'process'; it is "container"/],
    [{ isolation: 'process', restart: 'always' as 'never' }, /restart must be 'never' or 'on-crash'/],
    [{ isolation: 'process', hangTimeout: 0 }, /from 1 on/],
    [{ isolation: 'process', hangTimeout: -1 }, /hangTimeout/],
    [{ isolation: 'thread', hangTimeout: 5 }, /hangTimeout needs isolation: 'process'/],
    [{ isolation: 'thread', restart: 'on-crash' }, /restart needs isolation: 'process'/],
  ])('is refused with bad options: %o', async (options, message) => {
    await expect(openPlugin(pluginPath('echo'), options)).rejects.toEqual(failure('INVALID_ARGUMENT', message))
  })
})

describe('a crash', () => {
  it.each(CRASHES)('ends the channel with PEER_LOST and the way it ended: %s', async (how, message) => {
    const { channel } = await openTalk()
    const received: string[] = []
    channel.on('text', (value) => received.push(value))
    for (const value of ['one', 'two', how, 'three']) channel.send('text', value)
    // What the plugin had dealt with is not counted: the crash itself and one more are.
    expect(await channel.closed).toEqual({ unconsumed: 2, reason: failure('PEER_LOST', `"crash" ${message}`) })
    expect(received).toEqual(['one', 'two'])
    expect(hostProcesses()).toEqual([])
  })

  it.each(CRASHES)('rejects the calls that are open: %s', async (how, message) => {
    const { channel } = await openTalk()
    const answers = ['never', 'never', how].map((what) => channel.request('ask', what))
    for (const answer of answers) await expect(answer).rejects.toEqual(failure('PEER_LOST', message))
  })

  it.each(CRASHES)('in exchange throws at the caller: %s', async (how, message) => {
    const { plugin, channel } = await openTalk()
    const memory = new Uint8Array([1, 2, 3])
    expect(plugin.exchange(memory)).toBe(3)
    expect([...memory]).toEqual([254, 253, 252])
    expect(() => plugin.exchange(Buffer.from(how))).toThrow(failure('PEER_LOST', message) as unknown as Error)
    expect(await channel.closed).toMatchObject({ reason: { code: 'PEER_LOST' } })
  })

  it.each(CRASHES)('while the plugin opens rejects openPlugin: %s', async (how, message) => {
    const options: OpenPluginOptions = { options: `initialize ${how}`, restart: 'on-crash' }
    await expect(open('crash', options)).rejects.toEqual(failure('PLUGIN_INIT_FAILED', message))
    expect(hostProcesses()).toEqual([])
  })

  it('in update and without a channel is told on the console', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const plugin = await open('crash', { options: 'update segv', updateInterval: 1 })
    await until(() => hostProcesses().length === 0)
    await plugin.close()
    expect(log.mock.calls).toEqual([[failure('PEER_LOST', 'was ended by SIGSEGV')]])
  })

  it.each([
    ['shutdown', 'PEER_LOST'],
    ['destroy', 'PEER_LOST'],
  ])('in %s is the reason of the end', async (place, code) => {
    const { channel } = await openTalk({ options: `${place} abort`, restart: 'on-crash' })
    expect(await channel.close()).toMatchObject({ reason: failure(code, 'SIGABRT') })
  })

  it('from outside is one', async () => {
    const { channel } = await openTalk()
    for (const { pid } of hostProcesses()) process.kill(pid, 'SIGTERM')
    expect(await channel.closed).toEqual({ unconsumed: 0, reason: failure('PEER_LOST', 'SIGTERM') })
  })
})

describe('a plugin that misbehaves', () => {
  it('and cuts its connection is ended', async () => {
    const { channel } = await openTalk()
    channel.send('text', 'cut')
    expect(await channel.closed).toMatchObject({ reason: failure('PEER_LOST', 'SIGKILL') })
  })

  it('and writes garbage into its connection is ended', async () => {
    const { channel } = await openTalk()
    channel.send('text', 'garbage')
    const { reason } = await channel.closed
    expect(['CORRUPT', 'PEER_LOST']).toContain(reason?.code)
    expect(hostProcesses()).toEqual([])
  })

  it('and does not return is ended when it is told to stop, and JavaScript hears of it', async () => {
    const lines: string[] = []
    const onLog = ({ text }: { text: string }) => lines.push(text)
    const { plugin, channel, errors } = await openTalk({ shutdownTimeout: 50, onLog })
    const [host] = hostProcesses()
    channel.send('text', 'hang')
    await until(() => lines.includes('staying'))
    const end = await channel.close({ discard: true })
    expect(end.unconsumed).toBe(1)
    expect(errors).toEqual([failure('PLUGIN_ERROR', /did not return within 50 ms .* Its process is killed/)])
    expect(isThere(host?.pid ?? 0)).toBe(false)
    expect(() => plugin.exchange(new Uint8Array(1))).toThrow(failure('CLOSED', 'closed') as unknown as Error)
  })

  it('and hangs in initialize is given up by a signal', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const signal = AbortSignal.timeout(30)
    const opening = open('crash', { options: 'initialize hang', shutdownTimeout: 30, signal })
    await expect(opening).rejects.toMatchObject({ name: 'TimeoutError' })
    await until(() => hostProcesses().length === 0)
    expect(log).toHaveBeenCalledWith(failure('PLUGIN_ERROR', 'did not return within 30 ms'))
  })
})

describe('hangTimeout', () => {
  const hangTimeout = 40
  const hung = (call: string) => failure('PEER_LOST', `"crash" was ended: its ${call} did not return within 40 ms`)

  it.each([
    ['on_message', {}, 'hang'],
    ['update', { options: 'update hang', updateInterval: 1 }, ''],
  ])('ends a plugin that stays in %s', async (call, options, message) => {
    const { channel } = await openTalk({ ...options, hangTimeout })
    channel.send('text', message)
    expect(await channel.closed).toMatchObject({ reason: hung(call) })
    expect(hostProcesses()).toEqual([])
  })

  it('ends a plugin that stays in on_request', async () => {
    const { channel } = await openTalk({ hangTimeout })
    await expect(channel.request('ask', 'hang')).rejects.toEqual(hung('on_request'))
  })

  it('ends a plugin that stays in exchange, and frees the caller', async () => {
    const { plugin } = await openTalk({ hangTimeout })
    expect(() => plugin.exchange(Buffer.from('hang'))).toThrow(hung('exchange') as unknown as Error)
  })

  it('ends a plugin that stays in initialize', async () => {
    const message = 'its initialize did not return within 40 ms'
    await expect(open('crash', { options: 'initialize hang', hangTimeout })).rejects.toEqual(
      failure('PLUGIN_INIT_FAILED', message),
    )
  })

  it.each(['shutdown', 'destroy'])('ends a plugin that stays in %s', async (place) => {
    const { channel } = await openTalk({ options: `${place} hang`, hangTimeout })
    expect(await channel.close()).toMatchObject({ reason: hung(place) })
  })

  it('leaves a plugin in peace that waits for JavaScript, or has nothing to do', async () => {
    const { plugin, channel, errors } = await openTalk({ hangTimeout })
    channel.send('text', 'wait for room')
    // The plugin waits all this while, for nobody reads.
    const start = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 5 * hangTimeout))
    expect(performance.now() - start).toBeGreaterThan(4 * hangTimeout)
    const sizes: number[] = []
    channel.on('text', (value) => sizes.push(value.length))
    await until(() => sizes.length === 2)
    expect(sizes).toEqual([1 << 20, 'wait for room'.length])
    expect(await channel.request('ask', 'still there?')).toBe('still there?')
    expect(plugin.exchange(new Uint8Array(2))).toBe(2)
    expect(errors).toEqual([])
  })
})
