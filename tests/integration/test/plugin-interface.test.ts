import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type ChannelOptions, defineProtocol, SharedChannel, SharedChannelError, text } from '@shared-channel/core'
import { type OpenPluginOptions, openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { checkPlugin } from '../../../packages/native/lib/plugin.ts'
import { openTestPlugin } from './helpers/channels.ts'
import { threadsNamed } from './helpers/process.ts'
import { until } from './helpers/wait.ts'

/** What such plugins send has the type 0; what they are sent may have any. */
const Lines = defineProtocol({
  send: { line: { id: 1, codec: text() }, other: { id: 16_777_215, codec: text() } },
  receive: { answer: { id: 0, codec: text() } },
})

const failure = (code: string, part = '') => expect.objectContaining({ code, message: expect.stringContaining(part) })

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-channel-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Opens a plugin and collects what it answers. */
async function open(path: string, options: OpenPluginOptions & ChannelOptions = {}) {
  const channel = new SharedChannel(await openPlugin(path, options), Lines)
  const answers: string[] = []
  channel.on('answer', (answer) => answers.push(answer))
  onTestFinished(async () => {
    await channel.close()
  })
  const ask = async (line: string): Promise<string | undefined> => {
    const before = answers.length
    channel.send('line', line)
    await until(() => answers.length > before)
    return answers[before]
  }
  return { channel, answers, ask }
}

describe('a plugin of plugin_interface.h', () => {
  it('tells what it is', async () => {
    const plugin = await openTestPlugin('interface_echo')
    expect(plugin.info).toEqual({ name: 'interface-echo', version: '2.1.0', abi: '1.0' })
  })

  it('gets messages of any type, and answers by its callback and in its buffer', async () => {
    const { channel, answers } = await open(pluginPath('interface_echo'))
    channel.send('line', 'hello')
    channel.send('other', 'ä€')
    channel.send('line', '')
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(answers).toEqual(['hello', 'hello', 'ä€', 'ä€', '', ''])
  })

  it('gets and sends what is larger than the ring', async () => {
    const { channel, answers } = await open(pluginPath('interface_echo'), {
      sendCapacity: 4096,
      receiveCapacity: 4096,
    })
    const large = Array.from({ length: 100_000 }, (_, i) => i % 10).join('')
    channel.send('line', large)
    channel.send('line', 'small')
    await channel.close()
    // The large one has no room in a buffer.
    expect(answers).toEqual([large, 'small', 'small'])
  })

  it('may be written in C', async () => {
    for (let opened = 0; opened < 3; opened++) {
      const { channel, ask } = await open(pluginPath('interface_count'))
      expect(await ask('12345')).toBe(`5 bytes, ${opened + 1}, ${opened}`)
      await channel.close()
    }
  })

  it('is opened and closed any number of times', async () => {
    for (let i = 0; i < 50; i++) {
      const { channel, answers } = await open(pluginPath('interface_echo'), { receiveCapacity: 4096 })
      channel.send('line', `${i}`)
      await channel.close()
      expect(answers).toEqual([`${i}`, `${i}`])
    }
  })

  it('serves one channel at a time, and says so', async () => {
    const { channel, ask } = await open(pluginPath('interface_script'))
    await expect(openPlugin(pluginPath('interface_script'))).rejects.toEqual(
      failure('PLUGIN_INIT_FAILED', 'one channel at a time'),
    )
    expect(await ask('m')).toBe('m')
    const [next] = await Promise.all([open(pluginPath('interface_script')), channel.close()])
    expect(await next.ask('m')).toBe('m')
  })

  it('does not mix its messages with those of another', async () => {
    const paths = ['a', 'b'].map((name) => join(folder, `${name}.so`))
    for (const path of paths) copyFileSync(pluginPath('interface_echo'), path)
    const channels = await Promise.all(paths.map((path) => open(path)))
    for (let i = 0; i < 1000; i++) {
      for (const [which, { channel }] of channels.entries()) channel.send('line', `${which}: ${i}`)
    }
    for (const [which, { channel, answers }] of channels.entries()) {
      await channel.close()
      expect(answers).toEqual(Array.from({ length: 2000 }, (_, i) => `${which}: ${i >> 1}`))
    }
  })

  it('may throw, and the channel goes on', async () => {
    const { channel, ask } = await open(pluginPath('interface_script'))
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    channel.send('line', 'e')
    expect(await ask('m')).toBe('m')
    expect(errors).toEqual([failure('PLUGIN_ERROR', 'The plugin "interface-script": thrown in process_message')])
  })
})

describe('update of a plugin of plugin_interface.h', () => {
  it.each([
    [undefined, 10],
    [3, 3],
  ])('with the updateInterval %o is called every %d ms', async (updateInterval, interval) => {
    // A copy, for a new count.
    const path = join(folder, `updates-${interval}.so`)
    copyFileSync(pluginPath('interface_script'), path)
    const { ask } = await open(path, updateInterval === undefined ? {} : { updateInterval })
    let updates = 0
    while (updates < 10) updates = Number(await ask('u'))
    // Never more often than it should; a busy machine may be late.
    expect(Number(await ask('l'))).toBeGreaterThanOrEqual(interval)
  })

  it('is never called when the updateInterval is 0', async () => {
    const path = join(folder, 'no-updates.so')
    copyFileSync(pluginPath('interface_script'), path)
    const { ask } = await open(path, { updateInterval: 0 })
    const start = performance.now()
    while (performance.now() - start < 100) expect(await ask('u')).toBe('0')
  })
})

describe('opening a plugin of plugin_interface.h fails', () => {
  it.each([
    ['interface_refuser', 'PLUGIN_INIT_FAILED', 'its initialize returned PLUGIN_ERROR_INITIALIZATION'],
    ['interface_broken', 'PLUGIN_ABI_MISMATCH', 'version 7 of plugin_interface.h'],
    ['no_entry', 'PLUGIN_LOAD_FAILED', 'neither sc_get_plugin_entry nor get_plugin_interface'],
  ])('with the reason: %s', async (name, code, reason) => {
    await expect(openPlugin(pluginPath(name))).rejects.toEqual(failure(code, reason))
  })
})

describe('checkPlugin', () => {
  it.each(['echo', 'interface_echo', 'interface_refuser'])('starts nothing of %s', (name) => {
    checkPlugin(pluginPath(name))
    checkPlugin(pluginPath(name).replace(/\.so$/, ''))
    checkPlugin(relative(process.cwd(), pluginPath(name)), { allowRelative: true })
    expect(threadsNamed(/^sc:|^shared-channel/)).toEqual([])
  })

  it.each([
    ['/nowhere/none.so', 'PLUGIN_NOT_FOUND', '/nowhere/none.so'],
    [pluginPath('no_entry'), 'PLUGIN_LOAD_FAILED', 'neither'],
    [pluginPath('nameless'), 'PLUGIN_LOAD_FAILED', 'without a name'],
    [pluginPath('wrong_abi'), 'PLUGIN_ABI_MISMATCH', 'ABI 99'],
    [pluginPath('interface_broken'), 'PLUGIN_ABI_MISMATCH', 'version 7'],
    ['relative.so', 'INVALID_ARGUMENT', 'absolute'],
  ])('throws what openPlugin rejects with: %s', async (path, code, reason) => {
    let thrown: unknown
    try {
      checkPlugin(path)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(SharedChannelError)
    expect(thrown).toEqual(failure(code, reason))
    await expect(openPlugin(path)).rejects.toMatchObject({ message: (thrown as Error).message })
  })

  it('does not disturb an open plugin', async () => {
    const { ask } = await open(pluginPath('interface_script'))
    checkPlugin(pluginPath('interface_script'))
    expect(await ask('m')).toBe('m')
  })
})
