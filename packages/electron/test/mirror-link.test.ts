// A real plugin, or a channel's real other end, behind a port.
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { MessageChannel as NodeMessageChannel } from 'node:worker_threads'
import { bytes, defineProtocol, flip, SharedChannel, SharedChannelError } from '@shared-channel/core'
import { createChannel, openChannel, openPlugin } from '@shared-channel/native'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pluginPath } from '../../../tests/plugins/index.js'
import { mirrorLink } from '../src/shared/mirror-link.ts'
import { portLink } from '../src/shared/port-link.ts'
import { errorsOf, expectBytes, failure, OPEN, pattern, record, until } from './helpers/ends.ts'
import { openFarPlugin } from './helpers/plugins.ts'

const isolated = { isolation: 'process', restart: 'on-crash' } as const

describe('a plugin behind a port', () => {
  it('gets everything and sends everything, in order', async () => {
    const { channel } = await openFarPlugin('echo')
    const received: string[] = []
    channel.on('text', (value) => received.push(value))
    const sent = Array.from({ length: 2000 }, (_, i) => `${i} ${'x'.repeat(i % 300)}`)
    sent.push('y'.repeat(50_000))
    for (const value of sent) if (!channel.send('text', value)) await channel.ready
    await until(() => received.length === sent.length)
    expect(received).toEqual(sent)
  })

  it('answers calls', async () => {
    const { channel } = await openFarPlugin('crash')
    const answers = await Promise.all(['a', 'b', 'c'.repeat(10_000)].map((value) => channel.request('ask', value)))
    expect(answers).toEqual(['a', 'b', 'c'.repeat(10_000)])
  })

  it('has ended when the channel is closed, having taken and sent everything', async () => {
    const { plugin, mirrored, channel } = await openFarPlugin('echo')
    const received: string[] = []
    channel.on('text', (value) => received.push(value))
    for (let i = 0; i < 500; i++) channel.send('text', `${i}`)
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(received).toHaveLength(500)
    expect(await mirrored.closed).toBeUndefined()
    expect(() => plugin.memory).toThrow(failure('CLOSED'))
  })

  it('is stopped when it does not end by itself in time, before the channel has closed', async () => {
    const { plugin, channel, mirrored } = await openFarPlugin('flood', { options: 'scribble' }, { closeTimeout: 50 })
    await channel.close()
    expect(() => plugin.memory).toThrow(failure('CLOSED'))
    expect(await mirrored.closed).toBeUndefined()
  })

  it('is given up when it does not return, and the channel says so', async () => {
    const options = { isolation: 'process', options: 'message', shutdownTimeout: 50 } as const
    const { channel } = await openFarPlugin('stubborn', options, { closeTimeout: 50 })
    const errors = errorsOf(channel)
    channel.send('text', 'stay')
    await channel.close()
    expect(errors).toContainEqual(failure('PLUGIN_ERROR', 'did not return within 50 ms'))
  })

  it('is closed when the other end of the port is', async () => {
    const { plugin, mirrored, channel } = await openFarPlugin('echo')
    await channel.close({ discard: true })
    await mirrored.closed
    expect(() => plugin.memory).toThrow(failure('CLOSED'))
  })

  it('ends with a reason for both when its owner ends it', async () => {
    const { mirrored, channel } = await openFarPlugin('echo')
    const reason = new SharedChannelError('PEER_LOST', 'The window was closed.')
    await mirrored.close(reason)
    expect(await mirrored.closed).toBe(reason)
    expect((await channel.closed).reason).toEqual(reason)
  })

  it('crashes in its own process, and the channel says so', async () => {
    const { channel, mirrored } = await openFarPlugin('crash', { isolation: 'process' })
    channel.send('text', 'segv')
    const reason = failure('PEER_LOST', 'was ended by SIGSEGV')
    expect((await channel.closed).reason).toEqual(reason)
    expect(await mirrored.closed).toEqual(reason)
  })

  it('closes the port', async () => {
    const { link } = createChannel()
    const { port1, port2 } = new NodeMessageChannel()
    const closed = once(
      port2.on('message', () => {}),
      'close',
    )
    await mirrorLink(link, port1).close()
    await closed
  })

  it('leaves nothing', async () => {
    const { channel, mirrored } = await openFarPlugin('echo')
    expect(segments()).not.toEqual({ mappings: 0, descriptors: 0 })
    await channel.close()
    await mirrored.closed
    expect(segments()).toEqual({ mappings: 0, descriptors: 0 })
  })
})

describe('a plugin that crashes behind a port and is restarted', () => {
  it.each(['segv', 'kill', 'exit 3'])('goes on with the same channel, and tells what was lost: %s', async (how) => {
    const { plugin, channel, restarts } = await openFarPlugin('crash', isolated)
    const told: number[] = []
    plugin.on('restart', ({ lost }) => told.push(lost))
    const errors = errorsOf(channel)
    const received: string[] = []
    channel.on('text', (value) => received.push(value))
    for (const value of ['one', 'two', how, 'three', 'four']) channel.send('text', value)
    await until(() => errors.length === 1)
    expect(channel.state).toBe('open')
    expect(channel.send('text', 'while it is away')).toBe(false)
    await until(() => restarts.length === 1)
    channel.send('text', 'afterwards')
    await until(() => received.length === 4)
    expect(received).toEqual(['one', 'two', 'while it is away', 'afterwards'])
    // The crash itself, and the two behind it.
    expect(restarts).toEqual([{ lost: 3, code: 'PEER_LOST' }])
    expect(told).toEqual([3])
    expect(errors).toEqual([failure('PEER_LOST')])
    expect(await channel.close()).toEqual({ unconsumed: 0 })
  })

  it('gets what waits in the queue, once and in order; what is neither sent nor counted does not exist', async () => {
    const { channel, restarts } = await openFarPlugin('crash', isolated)
    errorsOf(channel)
    const received: string[] = []
    channel.on('text', (value) => received.push(value))
    const filler = 'x'.repeat(500)
    const messages = Array.from({ length: 200 }, (_, i) => (i === 20 ? 'abort' : `${i} ${filler}`))
    for (const message of messages) channel.send('text', message)
    await until(() => restarts.length === 1 && received.at(-1) === messages.at(-1))
    const lost = restarts[0]?.lost ?? 0
    expect(lost).toBeGreaterThan(0)
    expect(received).toEqual([...messages.slice(0, 20), ...messages.slice(20 + lost)])
  })

  it('rejects open calls, and answers those made while it is away', async () => {
    const { channel, restarts } = await openFarPlugin('crash', isolated)
    errorsOf(channel)
    const open = channel.request('ask', 'never')
    const crashing = channel.request('ask', 'segv')
    for (const call of [open, crashing]) await expect(call).rejects.toEqual(failure('PEER_LOST', 'SIGSEGV'))
    expect(restarts).toHaveLength(0)
    expect(await channel.request('ask', 'meanwhile')).toBe('meanwhile')
    expect(restarts).toHaveLength(1)
  })

  it('does so many times, under load', async () => {
    const { channel, restarts } = await openFarPlugin('crash', isolated)
    errorsOf(channel)
    const received: string[] = []
    channel.on('text', (value) => received.push(value))
    let sent = 0
    for (let crash = 1; crash <= 4; crash++) {
      for (let i = 0; i < 50; i++) channel.send('text', `${sent++} ${'x'.repeat(i * 7)}`)
      channel.send('text', 'kill')
      for (let i = 0; i < 50; i++) channel.send('text', `${sent++}`)
      await until(() => restarts.length === crash)
    }
    expect(await channel.request('ask', 'end')).toBe('end')
    const numbers = received.map((value) => Number.parseInt(value, 10))
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    const lost = restarts.reduce((sum, restart) => sum + restart.lost, 0)
    expect(numbers.length + lost).toBe(sent + 4)
  })

  it('gets nothing that was sent before the other end knew', async () => {
    const rings = { sendCapacity: 4096, receiveCapacity: 4096 }
    const plugin = await openPlugin(pluginPath('crash'), { onLog: () => {}, ...isolated, ...rings })
    const { port1, port2 } = new MessageChannel()
    const mirrored = mirrorLink(plugin, port1)
    const told: { type: string; bytes?: ArrayBuffer }[] = []
    port2.onmessage = ({ data }) => told.push(data)
    const send = (...texts: string[]) => {
      for (const text of texts) port2.postMessage({ type: 'progress', bytes: record(text, 1) })
    }
    port2.postMessage(OPEN)
    send('kill')
    await until(() => told.some(({ type }) => type === 'resumed'))
    send('too late', 'print')
    port2.postMessage({ type: 'resumed' })
    send('in time')
    await until(() => told.at(-1)?.bytes !== undefined)
    expect(new TextDecoder().decode(told.at(-1)?.bytes?.slice(8))).toMatch(/^in time/)
    await mirrored.close()
  })

  it('is not waited for by a channel that closes', async () => {
    const { channel, mirrored } = await openFarPlugin('crash', isolated, { closeTimeout: 200 })
    const errors = errorsOf(channel)
    channel.send('text', 'kill')
    await until(() => errors.length === 1)
    await channel.close()
    await mirrored.closed
  })
})

describe('what a plugin writes that it may not', () => {
  const STATE_OF_PLUGIN = 512
  const HEAD_OF_RING_0 = 1024
  const TAIL_OF_RING_1 = 896 + 256

  it.each([
    ['a writing position beyond the ring', TAIL_OF_RING_1, 4096 + 8],
    ['a writing position between two records', TAIL_OF_RING_1, 12],
    ['a writing position in the past', TAIL_OF_RING_1, -8],
    ['a reading position beyond what was written', HEAD_OF_RING_0, 2 ** 30],
    ['a reading position in the past', HEAD_OF_RING_0, -8],
    ['a state that is none', STATE_OF_PLUGIN, 77],
  ])('ends the channel with CORRUPT: %s', async (_, offset, value) => {
    const { channel, mirrored } = await openFarPlugin('vandal', { options: [4096, 4096, 0] }, { closeTimeout: 100 })
    channel.send('write', Int32Array.of(offset, value))
    // Words are looked at when somebody rings.
    channel.send('text', 'x')
    expect((await channel.closed).reason).toEqual(failure('CORRUPT'))
    expect((await mirrored.closed)?.code).toBe('CORRUPT')
  })
})

describe('the end of a channel between processes, behind a port', () => {
  const Data = defineProtocol({ both: { data: { id: 1, codec: bytes() } } })

  function openFarEnd() {
    const { link, handle } = createChannel({ capacity: 8192 })
    const { port1, port2 } = new MessageChannel()
    const mirrored = mirrorLink(link, port1)
    const far = new SharedChannel(openChannel(handle), flip(Data), { closeTimeout: 300 })
    const near = new SharedChannel(portLink(port2, { side: 0, sendCapacity: 8192, receiveCapacity: 8192 }), Data, {
      closeTimeout: 300,
    })
    onTestFinished(async () => void (await Promise.all([near.close(), far.close()])))
    return { near, far, mirrored }
  }

  it('carries messages both ways, and closes with all of them', async () => {
    const { near, far, mirrored } = openFarEnd()
    let echoed = 0
    far.on('data', (data) => void far.send('data', data))
    near.on('data', (data) => expectBytes(data, pattern((echoed * 37) % 9000, echoed++)))
    for (let i = 0; i < 300; i++) near.send('data', pattern((i * 37) % 9000, i))
    await until(() => echoed === 300)
    expect(await far.close()).toEqual({ unconsumed: 0 })
    expect(await near.closed).toEqual({ unconsumed: 0 })
    expect(await mirrored.closed).toBeUndefined()
  })

  it('is lost for the far side when the port is closed', async () => {
    const { far, mirrored } = openFarEnd()
    await mirrored.close()
    expect((await far.closed).reason).toEqual(failure('PEER_LOST'))
  })
})

/** Of this process. */
function segments(): { mappings: number; descriptors: number } {
  const isSegment = (descriptor: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).includes('memfd:shared-channel')
    } catch {
      return false // the one that read the folder
    }
  }
  const mappings = readFileSync('/proc/self/maps', 'utf8').split('memfd:shared-channel').length - 1
  return { mappings, descriptors: readdirSync('/proc/self/fd').filter(isSegment).length }
}
