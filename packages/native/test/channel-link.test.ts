// Both ends of a channel in one thread; tests/integration has those of several threads and processes.
import { bytes, defineProtocol, flip, type Link, SharedChannel, text } from '@shared-channel/core'
import { afterEach, describe, expect, it } from 'vitest'
import { createChannel, openChannel } from '../lib/channel-link.ts'
import { createSharedBuffer } from '../lib/shared-buffer.ts'

const Talk = defineProtocol({
  both: { data: { id: 1, codec: bytes() }, say: { id: 2, codec: text() } },
  send: { shout: { id: 3, codec: text(), reply: text() } },
})

const links: Link[] = []
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()))
})

const kept = (link: Link): Link => {
  links.push(link)
  return link
}

function create(options?: Parameters<typeof createChannel>[0]) {
  const { link, handle } = createChannel(options)
  return { link: kept(link), handle }
}

function pair(options: { closeTimeout?: number; capacity?: number } = {}) {
  const { link, handle } = create({ capacity: 4096, ...options })
  const other = kept(openChannel(handle))
  return {
    link,
    other,
    one: new SharedChannel(link, Talk, options),
    two: new SharedChannel(other, flip(Talk), options),
  }
}

const error = (code: string) => expect.objectContaining({ name: 'SharedChannelError', code })
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('createChannel', () => {
  it('gives one end, and a line of text that opens the other', () => {
    const { link, handle } = create({ capacity: 4096 })
    const other = kept(openChannel(handle))
    expect(handle).toMatch(/^[\x21-\x7e]+$/)
    expect([link.side, other.side]).toEqual([0, 1])
    expect([link.memory.byteLength, other.memory.byteLength]).toEqual([2 * 65536, 2 * 65536])
    new Uint8Array(link.memory)[70_000] = 5
    expect(new Uint8Array(other.memory)[70_000]).toBe(5)
  })

  it('rounds capacities up, one for each direction', () => {
    const capacities = ({ memory }: Link) =>
      [20, 28].map((offset) => new DataView(memory as ArrayBuffer).getUint32(offset, true))
    expect(capacities(create({}).link)).toEqual([1 << 19, 1 << 19])
    expect(capacities(create({ capacity: 5000 }).link)).toEqual([8192, 8192])
    expect(capacities(create({ capacity: 4096, receiveCapacity: 100_000 }).link)).toEqual([4096, 1 << 17])
  })

  it.each([0, 2 ** 30 + 1, Number.NaN, -4096, '4096', {}])('refuses a capacity of %s', (capacity) => {
    expect(() => createChannel({ capacity: capacity as number })).toThrow(error('INVALID_ARGUMENT'))
    expect(() => createChannel({ receiveCapacity: capacity as number })).toThrow(error('INVALID_ARGUMENT'))
  })

  it('that nobody opens the other end of can be used until it is closed, which says what was lost', async () => {
    const channel = new SharedChannel(create({ capacity: 4096 }).link, Talk, { closeTimeout: 20 })
    channel.send('say', 'to nobody')
    const { unconsumed, reason } = await channel.close()
    expect(unconsumed).toBe(1)
    expect(reason).toEqual(error('TIMEOUT'))
  })

  it('that nobody opens and nothing was sent on is closed in order', async () => {
    const channel = new SharedChannel(create({ capacity: 4096 }).link, Talk)
    expect(await channel.close()).toEqual({ unconsumed: 0 })
  })
})

describe('openChannel', () => {
  it('opens an end once, also after it was closed', async () => {
    const { handle } = create({ capacity: 4096 })
    const other = openChannel(handle)
    expect(() => openChannel(handle)).toThrow(error('INVALID_ARGUMENT'))
    expect(() => openChannel(handle)).toThrow(/open already/)
    await other.close()
    expect(() => openChannel(handle)).toThrow(error('INVALID_ARGUMENT'))
  })

  it('of a channel that was closed is CLOSED', async () => {
    const { link, handle } = create({ capacity: 4096 })
    await link.close()
    expect(() => openChannel(handle)).toThrow(error('CLOSED'))
  })

  it('refuses the handle of a buffer, and says what takes it', () => {
    const buffer = createSharedBuffer(1)
    expect(() => openChannel(buffer.handle)).toThrow(error('INVALID_ARGUMENT'))
    expect(() => openChannel(buffer.handle)).toThrow(/openSharedBuffer/)
    buffer.close()
  })

  it.each(['', 'x', undefined, null, 7, {}])('refuses %j', (handle) => {
    expect(() => openChannel(handle as string)).toThrow(error('INVALID_ARGUMENT'))
  })

  it('of a buffer that calls itself a channel is CORRUPT', () => {
    const buffer = createSharedBuffer(2 * 65536)
    // With the pipes of a real channel, which stand before the last field.
    const { link, handle } = createChannel()
    const pipes = handle.split(':').slice(9, 13)
    const forged = buffer.handle.replace(':b:', ':1:').replace(/:(\w+)$/, `:${pipes.join(':')}:$1`)
    expect(() => openChannel(forged)).toThrow(error('CORRUPT'))
    buffer.bytes.set(new Uint8Array(Uint32Array.of(0x48434853, 9).buffer))
    expect(() => openChannel(forged)).toThrow(error('VERSION_MISMATCH'))
    buffer.close()
    void link.close()
  })
})

describe('a link', () => {
  it('has one channel', () => {
    const { link } = pair()
    expect(() => new SharedChannel(link, Talk)).toThrow(error('INVALID_ARGUMENT'))
  })

  it('has no memory after close, and takes no channel', async () => {
    const { link } = create({ capacity: 4096 })
    const { memory } = link
    await link.close()
    await link.close()
    await link.stop()
    expect(() => link.memory).toThrow(error('CLOSED'))
    expect(() => new SharedChannel(link, Talk)).toThrow(error('CLOSED'))
    // What somebody kept of it is nobody's but his.
    expect(new Uint8Array(memory).every((byte) => byte === 0)).toBe(true)
    link.wakePeer()
    link.ref()
    link.unref()
  })

  it('that is closed under its peer has been lost', async () => {
    const { link, two } = pair()
    await link.close()
    expect((await two.closed).reason).toEqual(error('PEER_LOST'))
  })

  it('tells a channel that comes late what happened before', async () => {
    const { link, handle } = create({ capacity: 4096 })
    const other = new SharedChannel(kept(openChannel(handle)), flip(Talk))
    other.send('say', 'early')
    await turn()
    const heard: string[] = []
    const channel = new SharedChannel(link, Talk)
    channel.on('say', (word) => heard.push(word))
    await other.close()
    expect(await channel.closed).toEqual({ unconsumed: 0 })
    expect(heard).toEqual(['early'])
  })

  it('tells a channel that comes after the peer was lost', async () => {
    const { link, handle } = create({ capacity: 4096 })
    await openChannel(handle).close()
    await turn()
    expect((await new SharedChannel(link, Talk).closed).reason).toEqual(error('PEER_LOST'))
  })
})

describe('a channel over it', () => {
  it('answers calls of the one end by the other', async () => {
    const { one, two } = pair()
    two.handle('shout', (word) => word.toUpperCase())
    expect(await Promise.all(['a', 'b', 'c'].map((word) => one.request('shout', word)))).toEqual(['A', 'B', 'C'])
  })

  it('is closed by either end in order, and both know it', async () => {
    for (const closes of ['one', 'two'] as const) {
      const { one, two } = pair()
      const heard: string[] = []
      const channels = { one, two }
      const other = channels[closes === 'one' ? 'two' : 'one']
      other.on('say', (word) => heard.push(word))
      for (const word of ['a', 'b', 'c']) channels[closes].send('say', word)
      expect(await channels[closes].close()).toEqual({ unconsumed: 0 })
      expect(await other.closed).toEqual({ unconsumed: 0 })
      expect(heard).toEqual(['a', 'b', 'c'])
    }
  })

  it('is closed by both ends at once', async () => {
    const { one, two } = pair()
    const heard: string[] = []
    one.on('say', (word) => heard.push(`one ${word}`))
    two.on('say', (word) => heard.push(`two ${word}`))
    one.send('say', 'a')
    two.send('say', 'b')
    expect(await Promise.all([one.close(), two.close()])).toEqual([{ unconsumed: 0 }, { unconsumed: 0 }])
    expect(heard.sort()).toEqual(['one b', 'two a'])
  })

  it('counts what the other end did not take', async () => {
    const { one, two } = pair({ closeTimeout: 50 })
    for (let i = 0; i < 10; i++) one.send('data', new Uint8Array(1000)) // more than the ring holds
    const end = await one.close({ discard: true })
    expect(end.unconsumed).toBe(10)
    await two.close()
  })

  it('does not mix with another one', async () => {
    const channels = [pair(), pair(), pair()]
    const heard = channels.map(({ two }) => {
      const words: string[] = []
      two.on('say', (word) => words.push(word))
      return words
    })
    for (let i = 0; i < 100; i++) for (const [k, { one }] of channels.entries()) one.send('say', `${k}`)
    await Promise.all(channels.map(({ one }) => one.close()))
    expect(heard).toEqual(channels.map((_, k) => Array.from({ length: 100 }, () => `${k}`)))
  })
})
