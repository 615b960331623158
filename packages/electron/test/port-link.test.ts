import { describe, expect, it } from 'vitest'
import { portLink } from '../src/shared/port-link.ts'
import { expectBytes, failure, notesOf, openLinks, openPair, pattern, turn, until } from './helpers/ends.ts'

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
    expect((await b.closed).unconsumed).toBe(0)
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

it.each([0, 1000, 5000, 2 ** 31])('refuses a ring of %i bytes', (capacity) => {
  expect(() => openLinks(capacity)).toThrow(failure('INVALID_ARGUMENT', `${capacity}`))
})
