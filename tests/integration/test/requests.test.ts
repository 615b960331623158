import { bytes, defineProtocol, SharedChannelError, text } from '@shared-channel/core'
import { describe, expect, it } from 'vitest'
import { openChannel, openTestPlugin } from './helpers/channels.ts'
import { until } from './helpers/wait.ts'

/** What the plugin `requests` understands; see its source. */
const Requests = defineProtocol({
  send: {
    echo: { id: 1, codec: bytes(), reply: bytes() },
    keep: { id: 2, codec: bytes(), reply: bytes() },
    answer: { id: 3, codec: bytes(), reply: text() },
    thread: { id: 4, codec: bytes(), reply: bytes() },
    throw: { id: 5, codec: text(), reply: bytes() },
    forget: { id: 6, codec: bytes(), reply: bytes() },
    drop: { id: 7, codec: bytes(), reply: bytes() },
    large: { id: 8, codec: bytes(), reply: bytes() },
    fail: { id: 9, codec: text(), reply: bytes() },
  },
})
/** The same plugin with its first type as a plain message, which it sends back. */
const Plain = defineProtocol({
  send: { keep: { id: 2, codec: bytes(), reply: bytes() } },
  both: { plain: { id: 1, codec: bytes() } },
})

const NOTHING = new Uint8Array(0)
const open = (options = {}) => openChannel('requests', Requests, options)
const remote = (reason: string) =>
  expect.objectContaining({ code: 'REMOTE_ERROR', message: expect.stringContaining(reason) })

describe('a request to a plugin', () => {
  it('is answered, and needs no other consumer', async () => {
    const channel = await open()
    expect(await channel.request('echo', Uint8Array.of(1, 2, 3), { timeout: 10_000 })).toEqual(Uint8Array.of(1, 2, 3))
    expect(await channel.request('echo', NOTHING)).toEqual(NOTHING)
  })

  it('may be one of many that are open, answered in another order', async () => {
    const channel = await open()
    const answers: number[] = []
    const kept = Array.from({ length: 100 }, async (_, i) => {
      const answer = await channel.request('keep', Uint8Array.of(i))
      answers.push(i)
      return answer[0]
    })
    expect(await channel.request('answer', NOTHING)).toBe('100')
    expect(await Promise.all(kept)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(answers).toEqual(Array.from({ length: 100 }, (_, i) => 99 - i))
  })

  it('is answered from another thread of the plugin, while others are answered at once', async () => {
    const channel = await open({ sendCapacity: 4096, receiveCapacity: 4096 })
    const calls = Array.from({ length: 2000 }, async (_, i) => {
      const name = i % 2 === 0 ? 'thread' : 'echo'
      const answer = await channel.request(name, new Uint8Array(i % 300).fill(i))
      return Buffer.compare(answer, new Uint8Array(i % 300).fill(i))
    })
    expect((await Promise.all(calls)).every((order) => order === 0)).toBe(true)
  })

  it.each([5000, 100_000, 3_000_000])('may be of %d bytes, and its answer too', async (size) => {
    const channel = await open({ sendCapacity: 4096, receiveCapacity: 8192 })
    const payload = Uint8Array.from({ length: size }, (_, i) => i * 5)
    expect(Buffer.compare(await channel.request('echo', payload), payload)).toBe(0)
    const answer = await channel.request('large', new Uint32Array([size]))
    expect(
      Buffer.compare(
        answer,
        Uint8Array.from({ length: size }, (_, i) => i * 7),
      ),
    ).toBe(0)
  })

  it('rejects with the plugin’s reason when it throws, fails, forgets or drops it; the channel goes on', async () => {
    const channel = await open()
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    await expect(channel.request('throw', 'no such lamp')).rejects.toEqual(remote('no such lamp'))
    await expect(channel.request('throw', '')).rejects.toEqual(remote(''))
    await expect(channel.request('fail', 'lamp is cold')).rejects.toEqual(remote('lamp is cold'))
    await expect(channel.request('forget', NOTHING)).rejects.toEqual(remote('answer'))
    await expect(channel.request('drop', NOTHING)).rejects.toEqual(remote('answer'))
    expect(await channel.request('echo', Uint8Array.of(7))).toEqual(Uint8Array.of(7))
    expect(errors).toEqual([])
  })

  it('that was given up is forgotten: a late answer disturbs nobody', async () => {
    const channel = await open()
    const late = channel.request('keep', Uint8Array.of(1), { timeout: 20 })
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
    const stop = new AbortController()
    const stopped = channel.request('keep', Uint8Array.of(2), { signal: stop.signal })
    stop.abort(new Error('the user left'))
    await expect(stopped).rejects.toThrow('the user left')
    expect(await channel.request('answer', NOTHING)).toBe('2')
    expect(await channel.request('echo', Uint8Array.of(3))).toEqual(Uint8Array.of(3))
  })

  it('is rejected when the channel ends', async () => {
    const channel = await open({ closeTimeout: 50 })
    const open1 = channel.request('keep', NOTHING)
    const open2 = channel.request('keep', NOTHING)
    const rejected = Promise.all([expect(open1).rejects.toThrow(), expect(open2).rejects.toThrow(SharedChannelError)])
    await channel.close()
    await rejected
    await expect(channel.request('echo', NOTHING)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('keeps its place among plain messages', async () => {
    const channel = await openChannel('requests', Plain)
    const received: number[] = []
    channel.on('plain', ([first]) => received.push(first ?? -1))
    for (let i = 0; i < 5; i++) channel.send('plain', Uint8Array.of(i))
    const kept = channel.request('keep', Uint8Array.of(9), { timeout: 10_000 })
    channel.send('plain', Uint8Array.of(5))
    await until(() => received.length === 6)
    expect(received).toEqual([0, 1, 2, 3, 4, 5])
    void channel.close()
    await expect(kept).rejects.toThrow()
  })
})

it('a plugin that takes no calls refuses them', async () => {
  const channel = await openChannel('bare', Requests)
  await expect(channel.request('echo', NOTHING)).rejects.toEqual(remote('takes no calls'))
})

it('a plugin of plugin_interface.h refuses calls too', async () => {
  const channel = await openChannel('interface_echo', Requests)
  await expect(channel.request('echo', NOTHING)).rejects.toMatchObject({ code: 'REMOTE_ERROR' })
})

it('a plugin without exchange says that it has none', async () => {
  const plugin = await openTestPlugin('requests')
  expect(() => plugin.exchange(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
})
