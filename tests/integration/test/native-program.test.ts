// Native programs at the other end of a channel, with channel.hpp and shared_buffer.hpp.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { bytes, type ChannelOptions, defineProtocol, SharedChannel, text } from '@shared-channel/core'
import { type CreateChannelOptions, createChannel, createSharedBuffer, openSharedBuffer } from '@shared-channel/native'
import { programPath } from '@shared-channel/test-plugins'
import { describe, expect, it, onTestFinished } from 'vitest'
import { childPath } from './helpers/child.ts'
import { pattern, sumOf } from './helpers/pattern.ts'
import { segmentDescriptors, segmentMappings } from './helpers/process.ts'
import { until } from './helpers/wait.ts'

/** What the program `channel_echo` understands; see its source. */
const Echo = defineProtocol({
  both: { data: { id: 1, codec: bytes() }, slots: { id: 7, codec: bytes() } },
  send: {
    ask: { id: 2, codec: bytes(), reply: bytes() },
    fail: { id: 3, codec: text(), reply: bytes() },
    sum: { id: 4, codec: text(), reply: text() },
    make: { id: 5, codec: text(), reply: text() },
    abort: { id: 6, codec: bytes() },
  },
  receive: { asked: { id: 2, codec: bytes(), reply: bytes() } },
})
/** The same program with its first type as a call. */
const Calls = defineProtocol({ send: { echo: { id: 1, codec: bytes(), reply: bytes() } } })

const NOTHING = new Uint8Array(0)

interface Program {
  readonly child: ChildProcess
  /** The code or signal that it ended with. */
  readonly ended: Promise<number | string>
}

/** Starts a native program; it is killed when the test ends, and after a while in any case. */
function start(name: string, args: string[]): Program {
  const child = spawn(programPath(name), args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, ended: once(child, 'exit').then(([code, signal]) => code ?? signal) }
}

function startEcho(options: CreateChannelOptions & ChannelOptions = {}) {
  const { link, handle } = createChannel(options)
  const channel = new SharedChannel(link, Echo, options)
  onTestFinished(() => void channel.close({ discard: true }))
  return { channel, ...start('channel_echo', [handle]) }
}

describe('a native program at the other end', () => {
  it('gives back what it is sent, in order, whatever the size', async () => {
    const { channel, ended } = startEcho({ capacity: 65536, closeTimeout: 20_000 })
    const sizes = Array.from({ length: 3000 }, (_, i) => (i % 100 === 0 ? i * 50 : (i * 7) % 900))
    let received = 0
    let wrong = 0
    channel.on('data', (data) => {
      if (Buffer.compare(data, pattern(sizes[received] ?? 0, received)) !== 0) wrong++
      received++
    })
    for (const [i, size] of sizes.entries()) if (!channel.send('data', pattern(size, i))) await channel.ready
    await until(() => received === sizes.length)
    expect(wrong).toBe(0)
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(await ended).toBe(0)
  })

  it('may be sent a message much larger than the ring, and send one', async () => {
    const { channel } = startEcho({ capacity: 4096 })
    const message = pattern(3_000_000, 5)
    const echoed = new Promise<Uint8Array>((resolve) => channel.on('data', resolve))
    channel.send('data', message)
    expect(Buffer.compare(await echoed, message)).toBe(0)
  })

  it('answers calls, and says why it cannot', async () => {
    const { link, handle } = createChannel({ capacity: 4096 })
    const channel = new SharedChannel(link, Calls)
    onTestFinished(() => void channel.close({ discard: true }))
    start('channel_echo', [handle])
    const answers = await Promise.all(
      Array.from({ length: 500 }, async (_, i) => sumOf(await channel.request('echo', pattern(i * 20, i)))),
    )
    expect(answers).toEqual(Array.from({ length: 500 }, (_, i) => sumOf(pattern(i * 20, i))))
    const { channel: echo } = startEcho()
    await expect(echo.request('fail', 'no such lamp')).rejects.toMatchObject({
      code: 'REMOTE_ERROR',
      message: expect.stringContaining('no such lamp'),
    })
  })

  it('calls JavaScript, while JavaScript calls it', async () => {
    const { channel } = startEcho()
    channel.handle('asked', (data) => data.map((byte) => byte + 1))
    expect(await channel.request('ask', Uint8Array.of(1, 2, 3))).toEqual(Uint8Array.of(2, 3, 4))
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => channel.request('ask', Uint8Array.of(i))))
    expect(answers.map(([first]) => first)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
  })

  it('writes messages in place', async () => {
    const { channel } = startEcho()
    const received: Uint8Array[] = []
    channel.on('slots', (data) => received.push(data))
    channel.send('slots', NOTHING)
    await until(() => received.length === 10)
    expect(received).toEqual(Array.from({ length: 10 }, (_, i) => new Uint8Array(1000).fill(i)))
  })

  it('is told in order that JavaScript closes, and takes everything first', async () => {
    const { channel, ended } = startEcho({ closeTimeout: 20_000 })
    channel.on('data', () => {})
    for (let i = 0; i < 1000; i++) channel.send('data', pattern(100, i))
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(await ended).toBe(0)
  })

  it('that is killed is lost within a second, idle or not', async () => {
    for (const isIdle of [true, false]) {
      const { channel, child } = startEcho()
      let echoes = 0
      channel.on('data', () => echoes++)
      channel.send('data', NOTHING)
      await until(() => echoes === 1)
      const start = performance.now()
      child.kill('SIGKILL')
      if (!isIdle) {
        // Until it is noticed.
        while (channel.state === 'open')
          if (!channel.send('data', pattern(1000, 1))) await channel.ready.catch(() => {})
      }
      const { reason } = await channel.closed
      expect(performance.now() - start).toBeLessThan(1000)
      expect(reason).toMatchObject({ code: 'PEER_LOST' })
    }
  })

  it('that aborts is lost, after what it had sent', async () => {
    const { channel, ended } = startEcho()
    let echoes = 0
    channel.on('data', () => echoes++)
    for (let i = 0; i < 100; i++) channel.send('data', NOTHING)
    channel.send('abort', NOTHING)
    expect((await channel.closed).reason).toMatchObject({ code: 'PEER_LOST' })
    expect(echoes).toBe(100)
    expect(await ended).toBe('SIGABRT')
  })

  it('hears within a second that JavaScript was killed', async () => {
    const parent = spawn(process.execPath, [childPath('parent-of-native'), programPath('channel_echo')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
    })
    onTestFinished(() => void parent.kill('SIGKILL'))
    await once(parent.stdout, 'data')
    let said = ''
    parent.stderr.setEncoding('utf8').on('data', (part) => {
      said += part
    })
    parent.kill('SIGKILL')
    const start = performance.now()
    // The pipe ends with the last process that has it, which is the native program.
    await once(parent.stderr, 'close')
    expect(performance.now() - start).toBeLessThan(1000)
    expect(said).toContain('PEER_LOST')
  })

  it('leaves nothing behind, however it ends', async () => {
    const before = [segmentDescriptors().length, segmentMappings().length]
    for (let i = 0; i < 20; i++) {
      const { channel, child } = startEcho({ closeTimeout: 20_000 })
      let echoes = 0
      channel.on('data', () => echoes++)
      channel.send('data', NOTHING)
      await until(() => echoes === 1)
      if (i % 2 === 0) child.kill('SIGKILL')
      await channel.close()
    }
    expect([segmentDescriptors().length, segmentMappings().length]).toEqual(before)
  })
})

describe('a buffer', () => {
  const SIZE = 10_000_001

  it('of JavaScript is read by a native program', async () => {
    const { channel } = startEcho()
    const buffer = createSharedBuffer(SIZE)
    onTestFinished(() => buffer.close())
    buffer.bytes.set(pattern(SIZE, 3))
    expect(await channel.request('sum', buffer.handle)).toBe(String(sumOf(buffer.bytes)))
  })

  it('of a native program is read by JavaScript, and outlives the program', async () => {
    const { channel, child, ended } = startEcho()
    const buffer = openSharedBuffer(await channel.request('make', `${SIZE} 7`))
    onTestFinished(() => buffer.close())
    child.kill('SIGKILL')
    await ended
    expect(buffer.size).toBe(SIZE)
    expect(Buffer.compare(buffer.bytes, pattern(SIZE, 7))).toBe(0)
  })
})

it('a native program makes a channel, starts Node at its other end, and speaks with it', async () => {
  const { child, ended } = start('channel_parent', [process.execPath, childPath('open-channel')])
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (part) => {
    said += part
  })
  expect([await ended, said]).toEqual([0, ''])
})
