// `restart: 'on-crash'`: the plugin comes back, and its channel goes on.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineProtocol, SharedChannel, type SharedChannelError, text } from '@shared-channel/core'
import { type OpenPluginOptions, openPlugin, type PluginRestart } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { hostProcesses, segmentDescriptors, segmentMappings } from './helpers/process.ts'
import { turn, until } from './helpers/wait.ts'

const Talk = defineProtocol({
  both: { text: { id: 1, codec: text() } },
  send: { ask: { id: 2, codec: text(), reply: text() } },
})

const failure = (code: string, message: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

async function openTalk(options: OpenPluginOptions = {}) {
  const plugin = await openPlugin(pluginPath('crash'), {
    isolation: 'process',
    restart: 'on-crash',
    onLog: () => {},
    ...options,
  })
  const channel = new SharedChannel(plugin, Talk)
  const restarts: PluginRestart[] = []
  const errors: SharedChannelError[] = []
  const received: string[] = []
  plugin.on('restart', (restart) => restarts.push(restart))
  channel.onError((error) => errors.push(error as SharedChannelError))
  channel.on('text', (value) => received.push(value))
  onTestFinished(async () => void (await channel.close()))
  return { plugin, channel, restarts, errors, received }
}

describe('a plugin that crashes and is restarted', () => {
  it.each([
    ['segv', 'was ended by SIGSEGV'],
    ['abort', 'was ended by SIGABRT'],
    ['kill', 'was ended by SIGKILL'],
    ['exit 3', 'ended with exit code 3'],
    ['cut', 'was ended by SIGKILL'],
  ])('goes on with the same channel, and tells what was lost: %s', async (how, message) => {
    const { plugin, channel, restarts, errors, received } = await openTalk()
    const { memory } = plugin
    for (const value of ['one', 'two', how, 'three', 'four']) channel.send('text', value)
    await until(() => errors.length === 1)
    expect(channel.state).toBe('open')
    expect(channel.send('text', 'while it is away')).toBe(false)
    await until(() => restarts.length === 1)
    channel.send('text', 'afterwards')
    await until(() => received.length === 4)
    expect(received).toEqual(['one', 'two', 'while it is away', 'afterwards'])
    // The crash itself, and the two behind it.
    expect(restarts).toEqual([{ lost: 3, reason: failure('PEER_LOST', message), attempt: 1 }])
    expect(errors).toEqual([restarts[0]?.reason])
    expect(plugin.memory).toBe(memory)
    expect(hostProcesses()).toHaveLength(1)
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect({ hosts: hostProcesses(), mappings: segmentMappings(), descriptors: segmentDescriptors() }).toEqual({
      hosts: [],
      mappings: [],
      descriptors: [],
    })
  })

  it('gets what waits in the queue, once and in order; what is neither sent nor counted does not exist', async () => {
    const { channel, restarts, received } = await openTalk({ sendCapacity: 4096, receiveCapacity: 4096 })
    const filler = 'x'.repeat(500)
    const messages = Array.from({ length: 200 }, (_, i) => (i === 20 ? 'abort' : `${i} ${filler}`))
    for (const message of messages) channel.send('text', message)
    await until(() => restarts.length === 1 && received.at(-1) === messages.at(-1))
    const lost = restarts[0]?.lost ?? 0
    expect(lost).toBeGreaterThan(0)
    // The messages before the crash, and those after what was lost with it.
    expect(received).toEqual([...messages.slice(0, 20), ...messages.slice(20 + lost)])
  })

  it('loses a message of which a part was sent, and nothing behind it', async () => {
    const { channel, restarts, received } = await openTalk({ sendCapacity: 4096 })
    channel.send('text', 'hang')
    await turn()
    channel.send('text', 'x'.repeat(100_000))
    const direct = channel.sendDirect('text', 'y'.repeat(100_000))
    channel.send('text', 'z')
    for (const { pid } of hostProcesses()) process.kill(pid, 'SIGKILL')
    await direct
    await until(() => received.includes('z'))
    expect(restarts).toMatchObject([{ lost: 2 }])
    expect(received.map((value) => value[0])).toEqual(['y', 'z'])
    expect(received[0]).toHaveLength(100_000)
  })

  it('rejects a direct message of which a part was sent', async () => {
    const { channel, restarts, received } = await openTalk({ sendCapacity: 4096 })
    channel.send('text', 'hang')
    await turn()
    const direct = channel.sendDirect('text', 'y'.repeat(100_000))
    channel.send('text', 'z')
    for (const { pid } of hostProcesses()) process.kill(pid, 'SIGKILL')
    await expect(direct).rejects.toEqual(failure('PEER_LOST', 'SIGKILL'))
    await until(() => received.includes('z'))
    expect(restarts).toMatchObject([{ lost: 2 }])
    expect(received).toEqual(['z'])
  })

  it('does not answer calls that were open, and does answer those made while it is away', async () => {
    const { channel, errors, restarts } = await openTalk({ sendCapacity: 4096 })
    const open = channel.request('ask', 'never')
    const crashing = channel.request('ask', 'segv')
    // In the queue: it is not made after all, since its caller is told so.
    const waiting = channel.request('ask', 'w'.repeat(100_000))
    for (const call of [open, crashing, waiting]) await expect(call).rejects.toEqual(failure('PEER_LOST', 'SIGSEGV'))
    expect(errors).toHaveLength(1)
    expect(restarts).toHaveLength(0)
    expect(await channel.request('ask', 'meanwhile')).toBe('meanwhile')
    expect(restarts).toHaveLength(1)
    expect(channel.stats().queuedMessages).toBe(0)
  })

  it('takes slots back, and hands out new ones', async () => {
    const { channel, restarts, errors, received } = await openTalk()
    const slot = channel.reserve('text', 8)
    slot?.bytes.set(Buffer.from('too late'))
    for (const { pid } of hostProcesses()) process.kill(pid, 'SIGKILL')
    await until(() => errors.length === 1)
    expect(channel.reserve('text', 8)).toBeNull()
    expect(channel.trySend('text', 'x')).toBe(false)
    expect(() => slot?.commit()).toThrow(failure('INVALID_ARGUMENT', 'committed or aborted') as unknown as Error)
    await channel.ready
    expect(restarts).toMatchObject([{ lost: 0 }])
    const next = channel.reserve('text', 4)
    next?.bytes.set(Buffer.from('next'))
    next?.commit()
    await until(() => received.length > 0)
    expect(received).toEqual(['next'])
  })

  it('hands out what the plugin had sent; what nobody takes before it is back is lost, and counted', async () => {
    const { channel, restarts, received } = await openTalk()
    const seen: string[] = []
    const iterator = channel[Symbol.asyncIterator]()
    for (const value of ['one', 'two', 'three', 'abort']) channel.send('text', value)
    for (let i = 0; i < 3; i++) seen.push((await iterator.next()).value?.data ?? '')
    await until(() => restarts.length === 1)
    expect(restarts[0]?.lost).toBe(1)
    expect(seen).toEqual(received)
  })

  it('counts what nobody has taken from it', async () => {
    const plugin = await openPlugin(pluginPath('crash'), { isolation: 'process', restart: 'on-crash', onLog: () => {} })
    const channel = new SharedChannel(plugin, Talk)
    channel.onError(() => {})
    onTestFinished(async () => void (await channel.close()))
    const back = new Promise<PluginRestart>((resolve) => plugin.on('restart', resolve))
    for (const value of ['one', 'two', 'three', 'abort']) channel.send('text', value)
    // The three answers and the crash.
    expect((await back).lost).toBe(4)
  })

  it('while it has no channel comes back for the one it gets', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const options: OpenPluginOptions = { isolation: 'process', restart: 'on-crash', onLog: () => {} }
    const plugin = await openPlugin(pluginPath('crash'), options)
    for (const { pid } of hostProcesses()) process.kill(pid, 'SIGKILL')
    await until(() => hostProcesses().length === 0)
    const channel = new SharedChannel(plugin, Talk)
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    onTestFinished(async () => void (await channel.close()))
    await until(() => errors.length === 1)
    expect(await channel.request('ask', 'hello')).toBe('hello')
    expect(errors).toEqual([failure('PEER_LOST', 'SIGKILL')])
    expect(log).not.toHaveBeenCalled()
  })

  it('may crash again and again', async () => {
    const { channel, restarts, received } = await openTalk()
    for (let i = 1; i <= 3; i++) {
      channel.send('text', 'abort')
      await until(() => restarts.length === i)
      channel.send('text', `${i}`)
      await until(() => received.length === i)
    }
    expect(received).toEqual(['1', '2', '3'])
    expect(restarts.map(({ lost, attempt }) => [lost, attempt])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
    ])
  })

  it('may fail to start for a while', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shared-channel-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'device')
    writeFileSync(file, '')
    const { channel, restarts, errors, received } = await openTalk({ options: `needs ${file}` })
    rmSync(file)
    channel.send('text', 'abort')
    await until(() => errors.length === 3)
    writeFileSync(file, '')
    channel.send('text', 'patience')
    await until(() => received.length === 1)
    const [first, ...others] = errors
    expect(first).toEqual(failure('PEER_LOST', 'SIGABRT'))
    for (const error of others) expect(error).toEqual(failure('PLUGIN_INIT_FAILED', 'SIGABRT'))
    expect(restarts).toEqual([{ lost: 1, reason: first, attempt: errors.length }])
  })

  it('that hangs is restarted too', async () => {
    const { channel, restarts } = await openTalk({ hangTimeout: 30 })
    channel.send('text', 'hang')
    await until(() => restarts.length === 1)
    expect(restarts[0]?.reason).toEqual(failure('PEER_LOST', 'its on_message did not return within 30 ms'))
    expect(await channel.request('ask', 'and now?')).toBe('and now?')
  })

  it('is left alone when its channel closes meanwhile, which is told why', async () => {
    const { plugin, channel, errors } = await openTalk()
    channel.send('text', 'abort')
    await until(() => errors.length === 1)
    expect(await plugin.stop()).toBeUndefined()
    expect(await channel.closed).toMatchObject({ reason: failure('PEER_LOST', 'SIGABRT'), unconsumed: 1 })
    expect(hostProcesses()).toEqual([])
  })

  it('is waited for by close, which loses nothing that was queued', async () => {
    const { channel, errors, received } = await openTalk()
    channel.send('text', 'abort')
    await until(() => errors.length === 1)
    channel.send('text', 'queued')
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(received).toEqual(['queued'])
  })

  it('is closed with the plugin while it starts', async () => {
    for (let i = 0; i < 10; i++) {
      const { channel, errors } = await openTalk()
      channel.send('text', 'abort')
      await until(() => errors.length === 1)
      if (i > 0) await until(() => hostProcesses().length === 1)
      await channel.close({ discard: true })
      expect(hostProcesses()).toEqual([])
    }
  })

  it('takes handlers away when asked to, and bears those that throw', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const { plugin, channel, restarts } = await openTalk()
    const handler = vi.fn()
    const stop = plugin.on('restart', handler)
    plugin.on('restart', () => {
      throw new Error('in a handler')
    })
    stop()
    stop()
    channel.send('text', 'abort')
    await until(() => restarts.length === 1)
    expect(handler).not.toHaveBeenCalled()
    expect(log).toHaveBeenCalledWith(expect.objectContaining({ message: 'in a handler' }))
    expect(await channel.request('ask', 'fine')).toBe('fine')
    expect(() => plugin.on('exit' as 'restart', () => {})).toThrow(
      failure('INVALID_ARGUMENT', 'restart') as unknown as Error,
    )
  })
})
