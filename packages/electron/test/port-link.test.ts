import { once } from 'node:events'
import { MessageChannel as NodeMessageChannel } from 'node:worker_threads'
import { SharedChannel } from '@shared-channel/core'
import { describe, expect, it } from 'vitest'
import { portLink } from '../src/shared/port-link.ts'
import {
  errorsOf,
  expectBytes,
  failure,
  notesOf,
  OPEN,
  openBare,
  openLinks,
  openPair,
  pattern,
  record,
  Talk,
  turn,
  until,
} from './helpers/ends.ts'

const MIB = 1 << 20

describe('a channel over a port', () => {
  it('carries messages of any size both ways, in order', async () => {
    const { a, b } = openPair()
    const received: Record<string, Uint8Array[]> = { a: [], b: [] }
    a.on('data', (data) => received.a?.push(data))
    b.on('data', (data) => received.b?.push(data))
    const sizes = [0, 1, 7, 8, 1000, 4088, 4096, 100_000, 3]
    for (const [seed, size] of sizes.entries()) {
      a.send('data', pattern(size, seed))
      b.send('data', pattern(size, seed + 100))
    }
    await until(() => received.a?.length === sizes.length && received.b?.length === sizes.length)
    for (const [seed, size] of sizes.entries()) {
      expectBytes(received.b?.[seed], pattern(size, seed))
      expectBytes(received.a?.[seed], pattern(size, seed + 100))
    }
  })

  it('answers calls, and takes slots and direct messages', async () => {
    const { a, b } = openPair()
    b.handle('echo', (data) => data.map((byte) => byte ^ 255))
    const seen: number[][] = []
    b.on('seen', (data) => seen.push([...data]))
    const slot = a.reserve('seen', 3)
    slot?.bytes.set([1, 2, 3])
    slot?.commit(2)
    await a.sendDirect('seen', pattern(20_000).fill(7))
    expect(await a.request('echo', new Uint8Array([1, 2]))).toEqual(new Uint8Array([254, 253]))
    expect(seen[0]).toEqual([1, 2])
    expect(seen[1]).toEqual(new Array(20_000).fill(7))
  })

  it('sends a burst in one message', async () => {
    const { port1, port2 } = new MessageChannel()
    const messages: { type: string }[] = []
    const postMessage = port1.postMessage.bind(port1)
    port1.postMessage = (message: { type: string }) => {
      messages.push(message)
      postMessage(message)
    }
    const options = { sendCapacity: 65536, receiveCapacity: 65536 }
    const { a, b } = openPair(65536, {}, [
      portLink(port1, { side: 0, ...options }),
      portLink(port2, { side: 1, ...options }),
    ])
    const notes = notesOf(b)
    for (let i = 0; i < 1000; i++) a.send('note', `${i}`)
    await until(() => notes.length === 1000)
    expect(messages.map(({ type }) => type)).toEqual(['open', 'progress'])
  })

  it('holds a writer back that is far ahead: no more is on its way than the ring holds', async () => {
    const { a, b } = openPair(4096, { maxQueueBytes: 64 * MIB })
    let sent = 0
    while (a.trySend('data', pattern(500, sent))) sent++
    expect(sent).toBe(8)
    for (let i = 0; i < 10; i++) await turn()
    expect(a.trySend('data', pattern(500))).toBe(false)
    let received = 0
    b.on('data', () => received++)
    await a.ready
    expect(a.trySend('data', pattern(500))).toBe(true)
    await until(() => received === sent + 1)
  })

  it('floods both ways', async () => {
    const { a, b } = openPair(8192)
    const count = 20_000
    const received = { a: 0, b: 0 }
    a.on('data', (data) => expectBytes(data, pattern(received.a % 60, received.a++)))
    b.on('data', (data) => expectBytes(data, pattern(received.b % 60, received.b++)))
    const flood = async (end: typeof a) => {
      for (let i = 0; i < count; i++) if (!end.send('data', pattern(i % 60, i))) await end.ready
    }
    await Promise.all([flood(a), flood(b)])
    await until(() => received.a === count && received.b === count)
  })
})

describe('closing', () => {
  it('hands everything out on both sides first', async () => {
    const { a, b } = openPair()
    const notes = { a: notesOf(a), b: notesOf(b) }
    for (let i = 0; i < 500; i++) {
      a.send('note', `a${i}`)
      b.send('note', `b${i}`)
    }
    expect(await a.close()).toEqual({ unconsumed: 0 })
    expect(await b.closed).toEqual({ unconsumed: 0 })
    expect(notes.a).toEqual(Array.from({ length: 500 }, (_, i) => `b${i}`))
    expect(notes.b).toEqual(Array.from({ length: 500 }, (_, i) => `a${i}`))
  })

  it('tells what was not consumed', async () => {
    const { a, b } = openPair(4096, { closeTimeout: 50 })
    for (let i = 0; i < 3; i++) a.send('note', `${i}`)
    expect(await a.close({ discard: true })).toEqual({ unconsumed: 3 })
    expect(await b.closed).toEqual({ unconsumed: 0 }) // it was told politely
  })

  it('lets what was sent just before go first', async () => {
    const { a, b, links } = openPair()
    const notes = notesOf(b)
    a.send('note', 'last words')
    void links[0].close()
    await b.closed
    expect(notes).toEqual(['last words'])
  })

  it('closes the port', async () => {
    const { port1, port2 } = new NodeMessageChannel()
    const closed = once(
      port2.on('message', () => {}),
      'close',
    )
    await portLink(port1, { side: 0, sendCapacity: 4096, receiveCapacity: 4096 }).close()
    await closed
  })

  it('is the end of the memory', async () => {
    const [link] = openLinks()
    await link.close()
    expect(() => link.memory).toThrow(failure('CLOSED'))
    expect(() => new SharedChannel(link, Talk)).toThrow(failure('CLOSED'))
  })

  it('is PEER_LOST for the other side when it was not asked for', async () => {
    const { b, links } = openPair()
    await links[0].close()
    expect((await b.closed).reason).toEqual(failure('PEER_LOST'))
  })

  it('comes with the end of the port', async () => {
    const { port1, port2 } = new MessageChannel()
    const { a } = openPair(4096, {}, [
      portLink(port1, { side: 0, sendCapacity: 4096, receiveCapacity: 4096 }),
      openLinks()[1],
    ])
    port2.close()
    expect((await a.closed).reason).toEqual(failure('PEER_LOST'))
  })

  it('comes when the owner says that the other side is lost', async () => {
    const { a, b, links } = openPair()
    links[0].lost()
    expect((await a.closed).reason).toEqual(failure('PEER_LOST'))
    expect((await b.closed).reason).toEqual(failure('PEER_LOST'))
  })
})

describe('what comes before there is a channel', () => {
  it('is told to it: messages, errors and the end', async () => {
    const { link, post, told } = openBare()
    post(OPEN)
    post({ type: 'error', error: { code: 'PLUGIN_ERROR', message: 'too early' } })
    post({ type: 'progress', bytes: record('first') })
    post({ type: 'ended', reason: { code: 'PEER_LOST', message: 'gone already' } })
    await until(() => told.length === 1)
    await turn()
    const channel = new SharedChannel(link, Talk, { closeTimeout: 100 })
    const errors = errorsOf(channel)
    const notes = notesOf(channel)
    expect((await channel.closed).reason).toEqual(failure('PEER_LOST', 'gone already'))
    expect({ errors, notes }).toEqual({ errors: [failure('PLUGIN_ERROR', 'too early')], notes: ['first'] })
  })

  it('is told to it without an end', async () => {
    const { link, post } = openBare()
    post(OPEN)
    post({ type: 'progress', bytes: record('first') })
    await turn()
    await turn()
    const channel = new SharedChannel(link, Talk)
    const heard = new Promise((resolve) => channel.on('note', resolve))
    expect(await heard).toBe('first')
    await channel.close({ discard: true })
  })

  it('is told to it: that the far side has closed', async () => {
    const { link, post } = openBare()
    post(OPEN)
    post({ type: 'progress', state: 2 })
    await turn()
    await turn()
    const channel = new SharedChannel(link, Talk, { closeTimeout: 10_000 })
    expect(await channel.closed).toEqual({ unconsumed: 0 })
  })

  it('is told to it: that the far side is away, and comes back', async () => {
    const { link, post, told } = openBare()
    post(OPEN)
    post({ type: 'interrupted', reason: { code: 'PEER_LOST', message: 'crashed' } })
    await turn()
    await turn()
    const channel = new SharedChannel(link, Talk)
    const notes = notesOf(channel)
    expect(channel.send('note', 'waits')).toBe(false)
    post({ type: 'resumed' })
    post({ type: 'progress', bytes: record('back') })
    await until(() => notes.length === 1 && told.length === 3)
    expect(told.map(({ type }) => type)).toEqual(['open', 'resumed', 'progress'])
    await channel.close({ discard: true })
  })

  it('is no second channel', () => {
    const { link } = openBare()
    new SharedChannel(link, Talk)
    expect(() => new SharedChannel(link, Talk)).toThrow(failure('INVALID_ARGUMENT'))
  })
})

describe('memory', () => {
  it.each([true, false])('is moved where the far end says that it takes it: %s', async (takesTransfers) => {
    const { link, port, post, told } = openBare(65536)
    const lengths: number[] = []
    const postMessage = port.postMessage.bind(port) as (message: unknown, transfer?: ArrayBuffer[]) => void
    port.postMessage = (message: { bytes: ArrayBuffer }, transfer?: unknown) => {
      postMessage(message, transfer as ArrayBuffer[])
      lengths.push(message.bytes.byteLength)
    }
    post({ ...OPEN, capacities: [65536, 65536], takesTransfers })
    await turn()
    await turn()
    const channel = new SharedChannel(link, Talk)
    channel.send('data', pattern(5000))
    channel.send('data', pattern(5000))
    await until(() => told.length === 2)
    expect(told[1]?.bytes?.byteLength).toBe(2 * 5008)
    expect(lengths).toEqual([takesTransfers ? 0 : 2 * 5008])
    await channel.close({ discard: true })
  })
})

it('says nothing while there is nothing to say', async () => {
  const { link, post, told } = openBare()
  const channel = new SharedChannel(link, Talk)
  const notes = notesOf(channel)
  post(OPEN)
  post({ type: 'progress', bytes: record('once') })
  await until(() => notes.length === 1)
  for (let i = 0; i < 100; i++) await turn()
  expect(told).toEqual([expect.objectContaining({ type: 'open' }), { type: 'progress', room: 16 }])
  await channel.close({ discard: true })
})

it.each([0, 1000, 5000, 2 ** 31])('refuses a ring of %i bytes', (capacity) => {
  expect(() => openLinks(capacity)).toThrow(failure('INVALID_ARGUMENT', `${capacity}`))
})
