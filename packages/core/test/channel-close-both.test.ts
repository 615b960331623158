// Ends that close together, or while the other one is in the middle of something.
import { describe, expect, it } from 'vitest'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { openCalls, openPair, sendUntilFalse } from './helpers/channel-pair.ts'
import { turns, until } from './helpers/wait.ts'

const GOOD = { unconsumed: 0 }

describe('both ends at once', () => {
  it('send what they have queued, and lose nothing', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    const received = { a: 0, b: 0 }
    a.on('data', () => received.a++)
    b.on('data', () => received.b++)
    const sent = { a: 0, b: 0 }
    for (const [name, channel] of [
      ['a', a],
      ['b', b],
    ] as const) {
      sent[name] += sendUntilFalse(channel)
      for (let i = 0; i < 50; i++, sent[name]++) channel.send('data', pattern(3000))
    }
    expect(await Promise.all([a.close(), b.close()])).toEqual([GOOD, GOOD])
    expect(received).toEqual({ a: sent.b, b: sent.a })
  })

  it('wait for handlers that are slow to take what is in the ring', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000, receiveBudget: 0 })
    const received: string[] = []
    b.on('note', (note) => received.push(note)) // one message a turn
    for (let i = 0; i < 100; i++) a.send('note', `${i}`)
    expect(await Promise.all([a.close(), b.close()])).toEqual([GOOD, GOOD])
    expect(received).toHaveLength(100)
  })

  it('wait for a loop that is slow', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    const received: unknown[] = []
    const loop = (async () => {
      for await (const { data } of b) {
        received.push(data)
        if (received.length % 30 === 0) await turns(2)
      }
    })()
    for (let i = 0; i < 150; i++) a.send('note', `${i}`)
    expect(await Promise.all([a.close(), b.close()])).toEqual([GOOD, GOOD])
    await loop
    expect(received).toHaveLength(150)
  })
})

describe('an end that is left by the other', () => {
  it('sends what it has queued: the other takes it while it closes', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    const received: Uint8Array[] = []
    b.on('data', (data) => received.push(data))
    for (let i = 0; i < 20; i++) a.send('data', pattern(5000, i))
    const direct = a.sendDirect('data', pattern(9000, 20))
    expect(a.stats().queuedMessages).toBeGreaterThan(10)
    expect(await b.close()).toEqual(GOOD)
    await direct
    expect(await a.closed).toEqual(GOOD)
    expect(received).toHaveLength(21)
    for (const [index, data] of received.entries()) expectBytes(data, pattern(index === 20 ? 9000 : 5000, index))
  })

  it('is rid of it also when the other has no consumers any more', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    const accepted = sendUntilFalse(a)
    expect(await b.close()).toEqual(GOOD)
    expect(await a.closed).toEqual(GOOD)
    expect(b.stats()).toMatchObject({ receivedMessages: accepted, unhandled: accepted })
  })

  it('may answer, and the answers are taken before it ends', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    const answers: string[] = []
    a.on('note', (note) => answers.push(note))
    b.on('note', (note) => b.send('note', `re: ${note}`))
    for (let i = 0; i < 60; i++) a.send('note', `note ${i} ${'x'.repeat(50)}`)
    expect(await a.close()).toEqual(GOOD)
    expect(await b.closed).toEqual(GOOD)
    expect(answers).toHaveLength(60)
  })

  it('gives an open slot back and goes', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    const slot = a.reserve('data', 100)
    a.send('note', 'behind the slot')
    const received: string[] = []
    b.on('note', (note) => received.push(note))
    expect(await b.close()).toEqual(GOOD)
    expect(await a.closed).toEqual(GOOD)
    expect(received).toEqual(['behind the slot'])
    expect(() => slot?.commit()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })
})

describe('closing in the middle', () => {
  it('of a sendDirect sends the rest of it', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    let data: Uint8Array | undefined
    b.on('data', (bytes) => {
      data = bytes
    })
    const direct = a.sendDirect('data', pattern(60_000))
    expect(await a.close()).toEqual(GOOD)
    await direct
    expectBytes(data, pattern(60_000))
  })

  it('of a sendDirect that nobody takes rejects it after closeTimeout', async () => {
    const { a } = openPair({ closeTimeout: 20 })
    const direct = a.sendDirect('data', pattern(60_000))
    // It was not accepted, so it is not lost: its caller is told.
    const closed = a.close()
    await expect(direct).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await closed).toEqual(GOOD)
  })

  it('by the handler of a call answers the call first', async () => {
    const { a, b } = openCalls({ closeTimeout: 100_000 })
    b.handle('ask', () => {
      void b.close()
      return 'and good bye'
    })
    expect(await a.request('ask', 1)).toBe('and good bye')
    expect(await b.closed).toEqual(GOOD)
    expect(await a.closed).toEqual(GOOD)
  })

  it('by a handler that then is taken away loses nothing', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    const stop = b.on('note', () => {
      void b.close()
      stop()
    })
    for (let i = 0; i < 5; i++) a.send('note', `${i}`)
    expect(await b.closed).toEqual(GOOD)
    expect(await a.closed).toEqual(GOOD)
    expect(b.stats().receivedMessages).toBe(5)
  })
})

describe('close with discard', () => {
  it('waits for nothing, counts what is lost, and gives no reason: it was wanted', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    const accepted = sendUntilFalse(a) + 1
    a.send('data', pattern(50_000))
    expect(await a.close({ discard: true })).toEqual({ unconsumed: accepted })
    expect(a.isClosed).toBe(true)
    await b.close({ discard: true })
  })

  it('does not count what was given up or was never accepted', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    a.send('note', 'one')
    a.trySend('note', 'two')
    const slot = a.reserve('note', 3)
    const direct = a.sendDirect('note', 'four').catch(() => {})
    slot?.abort()
    await direct
    a.reserve('note', 5)
    a.sendDirect('data', pattern(60_000)).catch(() => {})
    expect(await a.close({ discard: true })).toEqual({ unconsumed: 3 })
    await b.close({ discard: true })
  })

  it('ends a close that waits', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    a.send('note', 'nobody takes it')
    const closed = a.close()
    await turns()
    expect(a.state).toBe('closing')
    void a.close({ discard: true })
    expect(await closed).toEqual({ unconsumed: 1 })
    await b.close({ discard: true })
  })

  it('does not hide why the other side was lost', async () => {
    const { a, b, linkA } = openPair({ closeTimeout: 100_000 })
    a.send('note', 'nobody takes it')
    linkA.end(Object.assign(new Error('gone'), { code: 'PEER_LOST' as const }))
    const { reason, unconsumed } = await a.close({ discard: true })
    expect(unconsumed).toBe(1)
    expect(reason).toMatchObject({ code: 'PEER_LOST', message: expect.stringContaining('gone 1 of the messages') })
    await b.close({ discard: true })
  })

  it('rejects what waits', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    sendUntilFalse(a)
    const waits = [a.ready, a.flush(), a.sendDirect('note', 'x')]
    void a.close({ discard: true })
    for (const result of await Promise.allSettled(waits)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } })
    }
    await until(() => a.isClosed)
    await b.close({ discard: true })
  })
})
