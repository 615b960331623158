// Plugins at the other end of a channel that another process made.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { bytes, defineProtocol, SharedChannel, text } from '@shared-channel/core'
import {
  createChannel,
  createSharedBuffer,
  openChannel,
  postSharedBuffer,
  SharedBufferReceiver,
} from '@shared-channel/native'
import { type ServePluginOptions, servePlugin } from '@shared-channel/native/host'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from './helpers/channels.ts'
import { Between, receiveStream, sendStream } from './helpers/checked-stream.ts'
import { childPath, runChild } from './helpers/child.ts'
import { pattern, sumOf } from './helpers/pattern.ts'
import { threadsNamed, voluntarySwitches } from './helpers/process.ts'
import { Data, Talk } from './helpers/protocols.ts'
import { serve, startProgram } from './helpers/serving.ts'
import { until } from './helpers/wait.ts'

const inOrder = { unconsumed: 0 }
const failure = (code: string, part = '') => expect.objectContaining({ code, message: expect.stringContaining(part) })

/** A plugin of this process, at the other end of a channel of this process. */
async function serveHere(plugin: string, options: ServePluginOptions = {}) {
  const { link, handle } = createChannel({ capacity: 4096 })
  const channel = new SharedChannel(link, Data, { closeTimeout: 10_000 })
  onTestFinished(async () => void (await channel.close({ discard: true })))
  const served = await servePlugin(handle, pluginPath(plugin), { onLog: () => {}, onError: () => {}, ...options })
  onTestFinished(() => served.stop())
  return { channel, served, handle }
}

/** A plugin of this process, at the other end of a channel of a process that does `what`. */
async function serveTo(what: string, plugin: string, options: ServePluginOptions = {}) {
  const owner = startProgram('channel-owner', [what])
  await until(() => owner.said.length > 0)
  const served = await servePlugin(`${owner.said[0]}`, pluginPath(plugin), { onError: () => {}, ...options })
  onTestFinished(() => served.stop())
  return { owner: owner.child, served }
}

describe('a plugin that another process serves', () => {
  it.each([4096, 1 << 19])('streams both ways at once, through rings of %i bytes', async (capacity) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const { channel, server } = serve('echo', Between, { capacity })
    await Promise.all([sendStream(channel, seed, 3000), receiveStream(channel, seed, 3000)]).catch((error) => {
      throw new Error(`seed ${seed}: ${error.message}`)
    })
    expect(await channel.close()).toEqual(inOrder)
    expect(await server.exit).toEqual({ code: 0, signal: null })
    const info = { name: 'echo', version: '1.0.0', abi: '1.0' }
    expect(server.said).toEqual([{ info, path: pluginPath('echo') }, { ended: null }])
  })

  it('answers calls, and what was sent before it came', async () => {
    const Requests = defineProtocol({ send: { echo: { id: 1, codec: bytes(), reply: bytes() } } })
    const { channel } = serve('requests', Requests)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => channel.request('echo', new Uint8Array(i), { timeout: 15_000 })),
    )
    expect(answers.map(({ length }) => length)).toEqual(Array.from({ length: 200 }, (_, i) => i))
    expect(await channel.close()).toEqual(inOrder)
  })

  it('takes buffers, and posts some', async () => {
    const Buffers = defineProtocol({
      send: { post: { id: 1, codec: text() } },
      receive: { said: { id: 1, codec: text() } },
    })
    const { channel } = serve('buffers', Buffers)
    const lines: string[] = []
    channel.on('said', (line) => lines.push(line))
    const buffer = createSharedBuffer(1_000_000)
    buffer.bytes.set(pattern(1_000_000, 3))
    const posted = postSharedBuffer(channel, buffer, { additionalData: 'sum' })
    buffer.close()
    await posted.received
    expect(await posted.released).toBe('released')

    const receiver = new SharedBufferReceiver(channel)
    channel.send('post', '1000000 7 1 {"seed":7}')
    const [event] = await once(receiver, 'sharedbufferreceived')
    expect(sumOf(event.bytes)).toBe(sumOf(pattern(1_000_000, 7)))
    receiver.releaseBuffer(event)
    await until(() => lines.length === 3)
    expect(lines).toEqual([`sum ${sumOf(pattern(1_000_000, 3))} 1000000 1`, 'posted 1', 'released 1'])
    receiver.close()
  })

  it('may be one of plugin_interface.h', async () => {
    const Lines = defineProtocol({
      send: { line: { id: 1, codec: text() } },
      receive: { answer: { id: 0, codec: text() } },
    })
    const { channel, server } = serve('interface_echo', Lines)
    const answers: string[] = []
    channel.on('answer', (answer) => answers.push(answer))
    channel.send('line', 'hello')
    await until(() => answers.length > 0)
    expect(answers[0]).toContain('hello')
    expect(await channel.close()).toEqual(inOrder)
    expect(await server.exit).toEqual({ code: 0, signal: null })
    expect(server.said[0]?.info?.name).toBe('interface-echo')
  })

  it('gets its options and updates, logs and reports in its own process', async () => {
    const { channel, server } = serve('inspect', Talk, { serving: { options: { device: 7 }, updateInterval: 1 } })
    expect(await ask(channel, 'options')).toBe('{"device":7}')
    for (let updates = 0; updates === 0; updates = Number(await ask(channel, 'updates')));
    channel.send('text', 'report')
    await channel.close()
    await server.exit
    expect(server.said).toContainEqual({ error: failure('PLUGIN_ERROR', 'The plugin "inspect": as it was told') })
    expect(server.said.flatMap(({ log }) => log ?? [])).toEqual(['constructed', 'shut down', 'destroyed'])
  })

  it('that is stopped closes the channel in order', async () => {
    const { channel, server } = serve('echo', Data)
    let received = 0
    channel.on('data', () => received++)
    channel.send('data', new Uint8Array(1))
    await until(() => received === 1 && server.said.length > 0)
    server.child.kill('SIGUSR2')
    expect(await channel.closed).toEqual(inOrder)
    expect(await server.exit).toEqual({ code: 0, signal: null })
    expect(server.said.slice(1)).toEqual(expect.arrayContaining([{ ended: null }, { stopped: true }]))
  })

  it.each(['echo', 'flood'])('is lost with its process: %s', async (plugin) => {
    const { channel, server } = serve(plugin, Data, { capacity: 4096, serving: { options: 'send' } })
    let received = 0
    channel.on('data', () => {
      if (received++ > 100) return
      channel.send('data', new Uint8Array(100))
    })
    channel.send('data', new Uint8Array(100))
    await until(() => received > 50)
    server.child.kill('SIGKILL')
    expect((await channel.closed).reason).toEqual(failure('PEER_LOST'))
  })
})

describe('a plugin that does not start', () => {
  it.each<[string, string, unknown, string]>([
    ['is none', '/nowhere/none.so', undefined, 'PLUGIN_NOT_FOUND'],
    ['is another library', 'no_entry', undefined, 'PLUGIN_LOAD_FAILED'],
    ['is of another version', 'wrong_abi', undefined, 'PLUGIN_ABI_MISMATCH'],
    ['throws', 'inspect', 'initialize', 'PLUGIN_INIT_FAILED'],
  ])('because it %s is refused where it is served, and lost for the other side', async (_, plugin, told, code) => {
    const { channel, server } = serve(plugin, Talk, { serving: { options: told } })
    expect((await channel.closed).reason).toEqual(failure('PEER_LOST'))
    expect(await server.exit).toEqual({ code: 0, signal: null })
    expect(server.said.at(-1)).toEqual({ refused: failure(code) })
  })

  it('because of what it is given leaves the channel to another', async () => {
    const { link, handle } = createChannel()
    const channel = new SharedChannel(link, Data)
    const path = pluginPath('echo')
    const refused = failure('INVALID_ARGUMENT')
    await expect(servePlugin(7 as unknown as string, path)).rejects.toEqual(refused)
    await expect(servePlugin('no handle', path)).rejects.toEqual(refused)
    await expect(servePlugin(handle, 'relative.so')).rejects.toEqual(refused)
    await expect(servePlugin(handle, path, { options: () => {} })).rejects.toEqual(refused)
    await expect(servePlugin(handle, path, { updateInterval: -1 })).rejects.toEqual(refused)
    await expect(servePlugin(handle, path, { shutdownTimeout: Number.NaN })).rejects.toEqual(refused)
    const served = await servePlugin(handle, path)
    expect(await channel.close()).toEqual(inOrder)
    expect(await served.ended).toBeUndefined()
  })

  it('because somebody has the other end already, or it is closed', async () => {
    const { link, handle } = createChannel()
    const other = openChannel(handle)
    await expect(servePlugin(handle, pluginPath('echo'))).rejects.toEqual(failure('INVALID_ARGUMENT', 'open already'))
    await other.close()
    await link.close()
    await expect(servePlugin(handle, pluginPath('echo'))).rejects.toEqual(failure('CLOSED'))
  })
})

describe('a plugin whose other side ends without a word', () => {
  it.each([
    ['echo', undefined, 'send and take'],
    ['echo', undefined, 'send, and take nothing'],
    ['flood', 'send', 'send and take'],
    ['flood', 'send', 'take nothing'],
    ['flood', 'scribble', 'take nothing'],
  ])('is ended: %s %s, while the other side was to %s', async (plugin, told, what) => {
    // While it starts, reads and writes, waits for room, or sleeps.
    for (const milliseconds of [0, 2, 30]) {
      const { owner, served } = await serveTo(what, plugin, { options: told })
      await sleep(milliseconds)
      owner.kill('SIGKILL')
      expect(await served.ended).toEqual(failure('PEER_LOST', 'without closing'))
    }
  })

  it('is ended, when that side exits', async () => {
    const { served } = await serveTo('exit', 'echo')
    expect(await served.ended).toEqual(failure('PEER_LOST'))
  })

  it('is ended, when that side was a worker of this process', async () => {
    const owner = new Worker(childPath('channel-owner'), { argv: ['take nothing'], stdout: true })
    owner.stdout.setEncoding('utf8')
    const [handle] = await once(owner.stdout, 'data')
    const served = await servePlugin(handle.trim().replaceAll('"', ''), pluginPath('flood'), { options: 'send' })
    await owner.terminate()
    expect(await served.ended).toEqual(failure('PEER_LOST'))
  })
})

describe('stop', () => {
  it('may be called again, and after the end', async () => {
    const { channel, served } = await serveHere('echo')
    await Promise.all([served.stop(), served.stop()])
    expect(await served.ended).toBeUndefined()
    expect(await channel.closed).toEqual(inOrder)
    await served.stop()
    expect(served.info.name).toBe('echo')
  })

  it('gives up a plugin that does not return, and its channel is lost', async () => {
    const { channel, served } = await serveHere('stubborn', { options: 'shutdown', shutdownTimeout: 50 })
    channel.on('data', () => {})
    await served.stop()
    expect(await served.ended).toEqual(failure('PLUGIN_ERROR', 'did not return within 50 ms'))
    expect((await channel.closed).reason).toEqual(failure('PEER_LOST'))
  })
})

it('a plugin that is served by a worker is lost when the worker is terminated', async () => {
  const { link, handle } = createChannel({ capacity: 4096 })
  const channel = new SharedChannel(link, Data)
  const server = new Worker(childPath('serve'), { argv: [handle, pluginPath('echo')], stdout: true })
  let received = 0
  channel.on('data', () => received++)
  channel.send('data', new Uint8Array(1))
  await until(() => received === 1)
  await server.terminate()
  expect((await channel.closed).reason).toEqual(failure('PEER_LOST'))
})

it('an idle plugin wakes nobody', async () => {
  const { channel, served } = await serveHere('echo')
  let received = 0
  channel.on('data', () => received++)
  for (let i = 0; i < 100; i++) channel.send('data', new Uint8Array(200))
  await until(() => received === 100)
  const threads = threadsNamed(/^sc:echo$/)
  expect(threads).toHaveLength(1)
  let before = -1
  await until(() => {
    const last = before
    before = voluntarySwitches(threads)
    return last === before
  })
  const { wakeUps } = channel.stats()
  await sleep(500)
  expect(voluntarySwitches(threads)).toBe(before)
  expect(channel.stats().wakeUps).toBe(wakeUps)
  channel.send('data', new Uint8Array(200))
  await until(() => received === 101)
  await served.stop()
})

it('leaves nothing behind, however it ends', async () => {
  const { code, stdout, stderr } = await runChild('serve-cycles', ['60'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual({ threads: 0, mappings: 0, descriptors: 0 })
})
