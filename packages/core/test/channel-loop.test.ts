// How a channel shares the event loop, and whom it wakes.
import { describe, expect, it, vi } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { readLayout, WAITING_OFFSET } from '../src/layout.ts'
import { OK, RingReader } from '../src/ring.ts'
import { openPair, sendUntilFalse, Talk } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { turn, turns, until } from './helpers/wait.ts'

/** Work of so many milliseconds in one piece. */
function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

describe('under a flood', () => {
  it('the event loop runs between batches, however slow the handlers are', async () => {
    const { a, b } = openPair({ receiveBudget: 10, capacity: 65536 })
    const batches: number[] = []
    let batch = 0
    b.on('data', () => {
      batch++
      busy(4)
    })
    for (let i = 0; i < 40; i++) a.send('data', new Uint8Array(8))
    while (b.stats().receivedMessages < 40) {
      await turn()
      if (batch > 0) batches.push(batch)
      batch = 0
    }
    // Three messages of 4 ms are beyond the budget of 10 ms.
    expect(Math.max(...batches)).toBeLessThanOrEqual(3)
    expect(batches.length).toBeGreaterThanOrEqual(13)
  })

  it('timers live', async () => {
    const { a, b } = openPair({ receiveBudget: 2 })
    let timers = 0
    const timer = setInterval(() => timers++, 1)
    let feeding = true
    b.on('data', () => busy(0.05))
    const feed = (async () => {
      while (feeding) if (!a.send('data', new Uint8Array(8))) await a.ready
    })()
    await until(() => timers >= 20)
    clearInterval(timer)
    feeding = false
    await feed
    expect(b.stats().receivedMessages).toBeGreaterThan(20)
  })

  it('a second channel lives', async () => {
    const { a, b } = openPair({ receiveBudget: 2 })
    const { a: c, b: d } = openPair()
    let feeding = true
    b.on('data', () => busy(0.05))
    const feed = (async () => {
      while (feeding) if (!a.send('data', new Uint8Array(8))) await a.ready
    })()
    let answers = 0
    d.on('note', (note) => d.send('note', note))
    c.on('note', (note) => {
      if (++answers < 20) c.send('note', note)
    })
    c.send('note', 'ping')
    await until(() => answers >= 20)
    feeding = false
    await feed
    expect(b.stats().receivedMessages).toBeGreaterThan(20)
  })

  it('a batch goes on while it is within its budget', async () => {
    const { a, b } = openPair({ receiveBudget: 10_000, capacity: 65536 })
    const turnsSeen = new Set<number>()
    let turnNumber = 0
    b.on('data', () => turnsSeen.add(turnNumber))
    for (let i = 0; i < 1000; i++) a.send('data', new Uint8Array(8))
    while (b.stats().receivedMessages < 1000) {
      await turn()
      turnNumber++
    }
    expect(turnsSeen.size).toBe(1)
  })
})

describe('wake-ups', () => {
  it('happen once for a burst, and not at all for who is awake', async () => {
    const { a, b, linkA } = openPair()
    b.on('note', () => {})
    await turns()
    for (let i = 0; i < 50; i++) a.send('note', `${i}`)
    expect(linkA.wakesOfPeer).toBe(1)
    await until(() => b.stats().receivedMessages === 50)
    expect(b.stats().wakeUps).toBe(1)
  })

  it('do not happen before the other side has a consumer', async () => {
    const { a, b, linkA } = openPair()
    await turns()
    for (let i = 0; i < 5; i++) a.send('note', `${i}`)
    await turns()
    expect(linkA.wakesOfPeer).toBe(0)
    expect(b.stats().wakeUps).toBe(0)
  })

  it('for room come only to who waits for it', async () => {
    const { a, b, linkB } = openPair()
    b.on('data', () => {})
    for (let i = 0; i < 500; i++) {
      a.send('data', new Uint8Array(100))
      await turn()
    }
    expect(linkB.wakesOfPeer).toBe(0) // the ring was never full
    sendUntilFalse(a)
    await a.ready
    expect(linkB.wakesOfPeer).toBeGreaterThan(0)
    // Nobody waits for room any more, so reading the rest wakes nobody.
    await turns()
    const wakes = linkB.wakesOfPeer
    a.send('data', new Uint8Array(100))
    await turns()
    expect(linkB.wakesOfPeer).toBe(wakes)
  })
})

describe('room that comes just when it is waited for', () => {
  it('is seen, and nothing stays announced', () => {
    const [link, peer] = memoryLinks(4096, 4096)
    const channel = new SharedChannel(link, Talk)
    const reader = new RingReader(link.memory, readLayout(link.memory)[0], 0)
    const waiting = new Int32Array(link.memory, WAITING_OFFSET, 1)
    const { or } = Atomics
    // The other side empties the ring in the very moment of the announcement.
    const announced = vi.spyOn(Atomics, 'or').mockImplementation((...args: Parameters<typeof or>) => {
      const before = or(...args)
      while (reader.tryRead() === OK) reader.pop()
      reader.publish()
      return before
    })
    for (let i = 0; i < 100; i++) expect(channel.send('data', new Uint8Array(1000))).toBe(true)
    expect(announced).toHaveBeenCalled()
    expect(waiting[0]).toBe(0)
    expect(peer.wakesOfPeer).toBe(0)
  })
})

describe('the event loop is held', () => {
  it('while there is a handler', () => {
    const { b, linkB } = openPair()
    expect(linkB.holdsEventLoop).toBe(false)
    const stop = b.on('note', () => {})
    const stopOther = b.on('value', () => {})
    expect(linkB.holdsEventLoop).toBe(true)
    stop()
    expect(linkB.holdsEventLoop).toBe(true)
    stopOther()
    expect(linkB.holdsEventLoop).toBe(false)
  })

  it('while there is a loop', async () => {
    const { b, linkB } = openPair()
    const iterator = b[Symbol.asyncIterator]()
    expect(linkB.holdsEventLoop).toBe(true)
    await iterator.return?.()
    expect(linkB.holdsEventLoop).toBe(false)
  })

  it('while messages wait for room', async () => {
    const { a, b, linkA } = openPair()
    sendUntilFalse(a)
    expect(linkA.holdsEventLoop).toBe(true)
    b.on('data', () => {})
    await a.ready
    expect(linkA.holdsEventLoop).toBe(false)
  })

  it('while it closes', async () => {
    const { a, linkA } = openPair()
    const closing = a.close()
    expect(linkA.holdsEventLoop).toBe(true)
    await closing
    expect(linkA.holdsEventLoop).toBe(false)
  })

  it('not after unref, whatever is wanted, until ref; but while it closes', async () => {
    const { a, b, linkB } = openPair()
    expect(b.unref()).toBe(b)
    b.on('note', () => {})
    expect(linkB.holdsEventLoop).toBe(false)
    expect(b.ref()).toBe(b)
    expect(linkB.holdsEventLoop).toBe(true)
    b.unref()
    expect(linkB.holdsEventLoop).toBe(false)
    a.send('note', 'messages still come')
    await until(() => b.stats().receivedMessages === 1)
    const closing = b.close()
    expect(linkB.holdsEventLoop).toBe(true)
    await closing
    expect(linkB.holdsEventLoop).toBe(false)
    b.ref()
    expect(linkB.holdsEventLoop).toBe(false)
  })

  it('while somebody waits for the room that trySend did not find', async () => {
    const { a, b, linkA } = openPair()
    while (a.trySend('data', new Uint8Array(500)));
    expect(linkA.holdsEventLoop).toBe(false)
    const { ready } = a
    expect(linkA.holdsEventLoop).toBe(true)
    b.on('data', () => {})
    await ready
    expect(linkA.holdsEventLoop).toBe(false)
  })

  it('not for error handlers', () => {
    const { b, linkB } = openPair()
    b.onError(() => {})
    expect(linkB.holdsEventLoop).toBe(false)
  })
})

describe('stats', () => {
  it('tell what was done at both ends', async () => {
    const { a, b } = openPair()
    b.on('data', () => {})
    a.send('data', new Uint8Array(10))
    a.send('data', new Uint8Array(5000))
    await a.ready
    await until(() => b.stats().receivedMessages === 2)
    expect(a.stats()).toEqual({
      sentMessages: 2,
      sentBytes: 5010,
      queuedMessages: 0,
      queuedBytes: 0,
      receivedMessages: 0,
      receivedBytes: 0,
      unhandled: 0,
      wakeUps: expect.any(Number),
    })
    expect(b.stats()).toMatchObject({ receivedMessages: 2, receivedBytes: 5010, sentMessages: 0 })
    expect(b.stats().wakeUps).toBeGreaterThan(0)
  })

  it('are a picture of the moment', () => {
    const { a } = openPair()
    const before = a.stats()
    a.send('note', 'x')
    expect(before.sentMessages).toBe(0)
    expect(a.stats().sentMessages).toBe(1)
  })
})
