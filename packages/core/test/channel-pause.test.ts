// Nothing is taken from the ring for a while, and nothing is lost.
import { describe, expect, it, vi } from 'vitest'
import { openPair, sendUntilFalse } from './helpers/channel-pair.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

describe('a paused channel', () => {
  it('leaves messages in the ring, and its sender waits', async () => {
    const { a, b } = openPair()
    const received = vi.fn()
    a.on('data', received)
    const resume = a.pause()
    const sent = sendUntilFalse(b)
    await turns()
    expect(received).not.toHaveBeenCalled()
    expect(await stateOf(b.ready)).toBe('pending')
    resume()
    await until(() => received.mock.calls.length === sent)
    await b.ready
  })

  it('goes on when everyone who has paused it says so, once each', async () => {
    const { a, b } = openPair()
    const received = vi.fn()
    a.on('note', received)
    const [first, second] = [a.pause(), a.pause()]
    b.send('note', 'hello')
    first()
    first()
    await turns()
    expect(received).not.toHaveBeenCalled()
    second()
    await until(() => received.mock.calls.length === 1)
  })

  it('stops in the middle of a batch when a handler says so', async () => {
    const { a, b } = openPair()
    const seen: string[] = []
    let resume = () => {}
    a.on('note', (note) => {
      seen.push(note)
      if (note === 'b') resume = a.pause()
    })
    for (const note of ['a', 'b', 'c']) b.send('note', note)
    await turns()
    expect(seen).toEqual(['a', 'b'])
    resume()
    await until(() => seen.length === 3)
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  it('hands out what is left when it is closed', async () => {
    const { a, b } = openPair()
    const received = vi.fn()
    a.on('note', received)
    a.pause()
    b.send('note', 'last')
    await turns()
    const [end] = await Promise.all([a.close(), b.close()])
    expect(received.mock.calls).toEqual([['last']])
    expect(end).toEqual({ unconsumed: 0 })
  })

  it('hands out what is left when the other side has gone', async () => {
    const { a, b, linkA } = openPair()
    const received = vi.fn()
    a.on('note', received)
    a.pause()
    b.send('note', 'last')
    linkA.end()
    await a.closed
    expect(received.mock.calls).toEqual([['last']])
  })
})
