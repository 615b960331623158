// A view that a handler's promise still looks at: the ring, and all that is behind, waits for it.
import { describe, expect, it, vi } from 'vitest'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { openPair, sendUntilFalse } from './helpers/channel-pair.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

/** A handler that keeps its promise back until it is told. */
function holder() {
  const views: Uint8Array[] = []
  const lets: (() => void)[] = []
  const rejects: ((error: unknown) => void)[] = []
  const handler = (view: Uint8Array) => {
    views.push(view)
    return new Promise<void>((resolve, reject) => {
      lets.push(resolve)
      rejects.push(reject)
    })
  }
  return { handler, views, lets, rejects }
}

describe('a view that is held', () => {
  it('stays as it was, however much is sent, until the promise settles', async () => {
    const { a, b, memory } = openPair()
    const { handler, views, lets } = holder()
    b.on('seen', handler)
    b.on('data', () => {})
    a.send('seen', pattern(1000, 1))
    const accepted = sendUntilFalse(a)
    await turns()
    expect(views).toHaveLength(1)
    expect(views[0]?.buffer).toBe(memory)
    expectBytes(views[0], pattern(1000, 1))
    expect(await stateOf(a.ready)).toBe('pending') // the ring is not given back
    expect(b.stats().receivedMessages).toBe(1)
    lets[0]?.()
    await a.ready
    await until(() => b.stats().receivedMessages === accepted + 1)
  })

  it('holds back the messages behind it, in their order', async () => {
    const { a, b } = openPair()
    const { handler, lets, views } = holder()
    const received: string[] = []
    b.on('seen', handler)
    b.on('note', (note) => received.push(note))
    a.send('note', 'before')
    a.send('seen', pattern(8, 1))
    a.send('note', 'between')
    a.send('seen', pattern(8, 2))
    a.send('note', 'behind')
    await turns()
    expect(received).toEqual(['before'])
    lets[0]?.()
    await turns()
    expect(received).toEqual(['before', 'between'])
    expect(views).toHaveLength(2)
    lets[1]?.()
    await turns()
    expect(received).toEqual(['before', 'between', 'behind'])
  })

  it('is held until the last of its handlers is done', async () => {
    const { a, b } = openPair()
    const first = holder()
    const second = holder()
    const received: string[] = []
    b.on('seen', first.handler)
    b.on('seen', () => {}) // one that is done at once changes nothing
    b.on('seen', second.handler)
    b.on('note', (note) => received.push(note))
    a.send('seen', pattern(8))
    a.send('note', 'behind')
    await turns()
    second.lets[0]?.()
    await turns()
    expect(received).toEqual([])
    first.lets[0]?.()
    await turns()
    expect(received).toEqual(['behind'])
  })

  it('is let go when the promise rejects, which is told to onError', async () => {
    const { a, b } = openPair()
    const { handler, rejects } = holder()
    const errors: unknown[] = []
    const received: string[] = []
    b.onError((error) => errors.push(error))
    b.on('seen', handler)
    b.on('note', (note) => received.push(note))
    a.send('seen', pattern(8))
    a.send('note', 'behind')
    await turns()
    const error = new Error('could not look')
    rejects[0]?.(error)
    await turns()
    expect(errors).toEqual([error])
    expect(received).toEqual(['behind'])
  })

  it('may be held by anything with a then', async () => {
    const { a, b } = openPair()
    const received: string[] = []
    let done = () => {}
    b.on('seen', () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      then: (resolve: () => void) => {
        done = resolve
      },
    }))
    b.on('note', (note) => received.push(note))
    a.send('seen', pattern(8))
    a.send('note', 'behind')
    await turns()
    expect(received).toEqual([])
    done()
    await turns()
    expect(received).toEqual(['behind'])
  })

  it('is not held by a result whose then throws; that is told to onError', async () => {
    const { a, b } = openPair()
    const errors: unknown[] = []
    const received: string[] = []
    const error = new Error('no then')
    b.onError((error) => errors.push(error))
    b.on('seen', () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      get then() {
        throw error
      },
    }))
    b.on('note', (note) => received.push(note))
    a.send('seen', pattern(8))
    a.send('note', 'behind')
    await turns()
    expect(errors).toEqual([error])
    expect(received).toEqual(['behind'])
    expect(b.state).toBe('open')
  })

  it('is held although nobody wants messages any more', async () => {
    const { a, b } = openPair()
    const { handler, views, lets } = holder()
    const stop = b.on('seen', handler)
    for (let i = 0; i < 4; i++) a.send('seen', pattern(1000, i))
    await turns()
    stop()
    b.on('note', () => {})
    a.send('seen', pattern(1000, 9))
    await turns()
    expect(b.stats().receivedMessages).toBe(1)
    expectBytes(views[0], pattern(1000, 0))
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    lets[0]?.()
    await until(() => b.stats().unhandled === 4)
    expect(warn).toHaveBeenCalledOnce()
  })
})

describe('nothing is held', () => {
  it('by promises of handlers of copies: messages go on', async () => {
    const { a, b } = openPair()
    const { handler, views, lets } = holder()
    b.on('data', handler)
    for (let i = 0; i < 200; i++) if (!a.send('data', pattern(100, i))) await a.ready
    await until(() => views.length === 200)
    for (const [index, data] of views.entries()) expectBytes(data, pattern(100, index))
    for (const done of lets) done()
  })

  it('by views of messages in fragments, which have memory of their own', async () => {
    const { a, b } = openPair()
    const { handler, views, lets } = holder()
    b.on('seen', handler)
    for (let i = 0; i < 3; i++) a.send('seen', pattern(10_000, i))
    await until(() => views.length === 3)
    for (const [index, data] of views.entries()) expectBytes(data, pattern(10_000, index))
    for (const done of lets) done()
  })
})

describe('closing while a view is held', () => {
  it('waits for it, and then for what is behind', async () => {
    const { a, b } = openPair({ closeTimeout: 100_000 })
    const { handler, lets, views } = holder()
    const received: string[] = []
    b.on('seen', handler)
    b.on('note', (note) => received.push(note))
    a.send('seen', pattern(8, 1))
    a.send('note', 'behind')
    await turns()
    const closed = [a.close(), b.close()]
    await turns()
    expect(received).toEqual([])
    expectBytes(views[0], pattern(8, 1))
    lets[0]?.()
    expect(await Promise.all(closed)).toEqual([{ unconsumed: 0 }, { unconsumed: 0 }])
    expect(received).toEqual(['behind'])
  })

  it.each([
    ['its own side', 'b'],
    ['the other side', 'a'],
  ] as const)('by %s takes no longer than closeTimeout', async (_, closer) => {
    const pair = openPair({ closeTimeout: 30 })
    const { handler, lets } = holder()
    pair.b.on('seen', handler)
    pair.a.send('seen', pattern(8))
    await turns()
    void pair[closer].close()
    await Promise.all([pair.a.closed, pair.b.closed])
    lets[0]?.() // has no effect any more
    await turns()
    expect(pair.b.state).toBe('closed')
  })
})
