// When one end goes without a word: what was published is handed out, what is lost is counted.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { SharedChannelError } from '../src/errors.ts'
import { flip } from '../src/protocol.ts'
import { pattern } from './helpers/bytes.ts'
import { openPair, sendUntilFalse, Talk } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { turn, turns } from './helpers/wait.ts'

const lost = () => new SharedChannelError('PEER_LOST', 'The other side went away.')

describe('what the other side had published before it was lost', () => {
  it('is handed out to consumers that come within closeTimeout', async () => {
    const { a, b, linkB } = openPair({ closeTimeout: 100_000 })
    for (const note of ['one', 'two', 'three']) a.send('note', note)
    const reason = lost()
    linkB.end(reason)
    await turns()
    expect(b.state).toBe('closing')
    const received: string[] = []
    b.on('note', (note) => received.push(note))
    expect(await b.closed).toEqual({ reason, unconsumed: 0 })
    expect(received).toEqual(['one', 'two', 'three'])
    await a.close({ discard: true })
  })

  it('is handed out to a loop that begins late and is slow', async () => {
    const { a, b, linkB } = openPair({ closeTimeout: 100_000 })
    for (let i = 0; i < 100; i++) a.send('note', `${i}`)
    linkB.end(lost())
    await turns()
    const received: unknown[] = []
    const loop = (async () => {
      for await (const { data } of b) {
        received.push(data)
        await turn()
      }
    })()
    await expect(loop).rejects.toMatchObject({ code: 'PEER_LOST' })
    expect(received).toHaveLength(100)
    await a.close({ discard: true })
  })

  it('is counted as unhandled when nobody comes', async () => {
    const { a, b, linkB } = openPair({ closeTimeout: 20 })
    for (let i = 0; i < 5; i++) a.send('note', `${i}`)
    const reason = lost()
    linkB.end(reason)
    expect(await b.closed).toEqual({ reason, unconsumed: 0 })
    expect(b.stats()).toMatchObject({ receivedMessages: 5, unhandled: 5 })
  })

  it('ends before a message that was cut off in the middle', async () => {
    const { a, b, linkB } = openPair()
    const received: unknown[] = []
    a.send('note', 'whole')
    a.send('data', pattern(50_000)) // some fragments are in the ring
    linkB.end(lost())
    b.on('note', (note) => received.push(note))
    b.on('data', (data) => received.push(data.length))
    expect((await b.closed).reason).toMatchObject({ code: 'PEER_LOST' })
    expect(received).toEqual(['whole'])
  })
})

describe('the reason', () => {
  it('says how many were lost, and keeps the first one as its cause', async () => {
    const { a, linkA } = openPair()
    a.send('note', 'one')
    const cause = lost()
    linkA.end(cause)
    const { reason } = await a.closed
    expect(reason).toMatchObject({ code: 'PEER_LOST', cause })
    expect(reason?.message).toBe(`${cause.message} 1 of the messages that this side sent was not consumed.`)
  })

  it('is CLOSED when the other side closed in order, and did not take all', async () => {
    const { a, b } = openPair()
    sendUntilFalse(a)
    a.send('note', 'waits too')
    await b.close({ discard: true }) // takes what is in the ring, and waits for nothing more
    const { reason, unconsumed } = await a.closed
    expect(unconsumed).toBe(2)
    expect(reason?.code).toBe('CLOSED')
    expect(reason?.message).toBe(
      'The other side closed the channel. 2 of the messages that this side sent were not consumed.',
    )
  })

  it('is TIMEOUT, and says after how long, when the other side did not take all in time', async () => {
    const { a } = openPair({ closeTimeout: 20 })
    a.send('note', 'one')
    const { reason } = await a.close()
    expect(reason?.code).toBe('TIMEOUT')
    expect(reason?.message).toBe(
      'The channel closed after 20 ms (closeTimeout). 1 of the messages that this side sent was not consumed.',
    )
  })
})

it('what the other side took and what is unconsumed make up what was accepted, whenever and however it ends', async () => {
  const how = fc.constantFrom('a is killed', 'b is killed', 'both are killed', 'a discards', 'b discards', 'a closes')
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(2500), fc.nat(12_000)), { maxLength: 25 })
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(sizes, { minLength: 1, maxLength: 4 }), how, fc.nat(3), fc.nat(60), async (...args) => {
      const [bursts, end, turnsBefore, takes] = args
      const [linkA, linkB] = memoryLinks()
      const a = new SharedChannel(linkA, Talk, { closeTimeout: 0 })
      const b = new SharedChannel(linkB, flip(Talk), { closeTimeout: 0 })
      let accepted = 0
      const stop = b.on('data', () => {
        if (b.stats().receivedMessages > takes) stop()
      })
      for (const burst of bursts) {
        for (const size of burst) {
          a.send('data', pattern(size))
          accepted++
        }
        await turn()
      }
      for (let i = 0; i < turnsBefore; i++) await turn()
      if (end === 'a is killed' || end === 'both are killed') linkA.end(lost())
      if (end === 'b is killed' || end === 'both are killed') linkB.end(lost())
      if (end === 'a discards') void a.close({ discard: true })
      if (end === 'b discards') void b.close({ discard: true })
      if (end === 'a closes') void a.close()
      const { unconsumed, reason } = await a.closed
      // Now, since the memory link leaves the memory where it is, and `b` goes on reading there.
      expect(unconsumed + b.stats().receivedMessages).toBe(accepted)
      await b.closed
      seen.add(unconsumed > 0 ? 'lost' : 'all taken')
      if (unconsumed > 0 && end !== 'a discards') {
        expect(reason?.message).toContain(`${unconsumed} of the messages`)
      }
    }),
    { numRuns: 200, seed: 2311 },
  )
  expect(seen).toEqual(new Set(['lost', 'all taken']))
}, 20_000)
