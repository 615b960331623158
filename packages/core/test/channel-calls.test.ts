// Calls: `request` at one end, `handle` at the other.
import { getEventListeners } from 'node:events'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { bytes, custom, json, text } from '../src/codec.ts'
import { SharedChannelError } from '../src/errors.ts'
import { defineProtocol, flip } from '../src/protocol.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { Ask, openCalls, openEnds, type Pair } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { reasonsOf, turn, turns, until } from './helpers/wait.ts'

/** Fills the ring from `a` to `b`. */
function fillFrom({ a }: Pair<Ask>): void {
  while (a.trySend('note', 'x'.repeat(500)));
}

describe('request', () => {
  it('gives back what the handler returns, or its promise', async () => {
    const { a, b } = openCalls()
    b.handle('ask', (question) => ({ question }))
    b.handle('echo', async (bytes) => bytes.slice(1))
    expect(await a.request('ask', 'how')).toEqual({ question: 'how' })
    expect(await a.request('echo', new Uint8Array([1, 2, 3]))).toEqual(new Uint8Array([2, 3]))
  })

  it('may be open many times at once; each gets its own answer, in whatever order they come', async () => {
    const { a, b } = openCalls()
    const waiting = new Map<unknown, (answer: unknown) => void>()
    b.handle('ask', (question) => new Promise((resolve) => waiting.set(question, resolve)))
    const questions = Array.from({ length: 500 }, (_, i) => i)
    const settled: number[] = []
    const answers = questions.map(async (question) => {
      const answer = await a.request('ask', question)
      settled.push(question)
      return answer
    })
    await until(() => waiting.size === questions.length)
    const order = questions.map((i) => (i * 181) % questions.length) // each once: 181 and 500 have no common factor
    for (const question of order) waiting.get(question)?.(`answer ${question}`)
    expect(await Promise.all(answers)).toEqual(questions.map((question) => `answer ${question}`))
    expect(settled).toEqual(order)
  })

  it('goes both ways at once, also from within a handler', async () => {
    const { a, b } = openCalls()
    a.handle('ask', (n) => Number(n) + 1)
    b.handle('ask', async (n) => Number(await b.request('ask', n)) * 10)
    const fromA = Array.from({ length: 100 }, (_, i) => a.request('ask', i))
    const fromB = Array.from({ length: 100 }, (_, i) => b.request('ask', i))
    expect(await Promise.all(fromA)).toEqual(Array.from({ length: 100 }, (_, i) => (i + 1) * 10))
    expect(await Promise.all(fromB)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
  })

  it('and its handler see the protocol from their own ends', async () => {
    const { a, b } = openEnds(
      defineProtocol({
        send: { down: { id: 1, codec: text(), reply: bytes() } },
        receive: { up: { id: 1, codec: bytes(), reply: text() } },
      }),
    )
    a.handle('up', (data) => `${data.length} bytes`)
    b.handle('down', (word) => new Uint8Array(word.length))
    expect(await a.request('down', 'four')).toEqual(new Uint8Array(4))
    expect(await b.request('up', new Uint8Array(3))).toBe('3 bytes')
    expect(() => a.handle('down' as 'up', () => '')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('it knows "up"') }),
    )
    await expect(a.request('up' as 'down', '')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('keeps its place among messages', async () => {
    const { a, b } = openCalls()
    const seen: unknown[] = []
    b.on('note', (note) => seen.push(note))
    b.handle('ask', (question) => seen.push(question))
    a.send('note', 'one')
    const asked = a.request('ask', 'two')
    a.send('note', 'three')
    await asked
    await until(() => seen.length === 3)
    expect(seen).toEqual(['one', 'two', 'three'])
  })

  it.each([0, 1, 2031, 2032, 2033, 4096, 100_000])('carries %i bytes there and back', async (size) => {
    const { a, b } = openCalls()
    b.handle('echo', (data) => data)
    const answers = await Promise.all([1, 2, 3].map((seed) => a.request('echo', pattern(size, seed))))
    for (const [index, answer] of answers.entries()) expectBytes(answer, pattern(size, index + 1))
  })

  it('has messages taken while it is open, and no longer', async () => {
    const { a, b, linkA } = openCalls()
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    b.handle('ask', () => 'answer')
    expect(linkA.holdsEventLoop).toBe(false)
    const asked = a.request('ask', 1)
    expect(linkA.holdsEventLoop).toBe(true)
    b.send('note', 'in between')
    await asked
    await turn()
    expect(linkA.holdsEventLoop).toBe(false)
    b.send('note', 'stays in the ring')
    await turns()
    expect(a.stats()).toMatchObject({ receivedMessages: 2, unhandled: 1 })
    expect(warn).toHaveBeenCalledOnce()
  })

  it('is refused with what send throws, and nothing stays open', async () => {
    const pair = openCalls({ maxQueueBytes: 100, maxMessageBytes: 1000 })
    const { a, linkA } = pair
    await expect(a.request('echo', pattern(1001))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    await expect(a.request('ask', undefined)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(a.request('asks' as 'ask', 1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(a.request('ask', 1, { timeout: -1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(linkA.holdsEventLoop).toBe(false)
    fillFrom(pair)
    const first = a.request('echo', pattern(500))
    await expect(a.request('echo', pattern(500))).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    pair.b.on('note', () => {})
    pair.b.handle('echo', (data) => data)
    expect(await first).toHaveLength(500)
    await a.close()
    await expect(a.request('ask', 1)).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('a handler', () => {
  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('thrown')
      },
      'thrown',
    ],
    ['rejects', () => Promise.reject(new TypeError('rejected')), 'rejected'],
    [
      'throws a text',
      () => {
        throw 'just a text'
      },
      'just a text',
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
      'undefined',
    ],
    [
      'throws what is no text',
      () => {
        throw Object.create(null)
      },
      'no reason',
    ],
    [
      'throws an error whose message is none',
      () => {
        throw Object.assign(new Error(), { message: Symbol('s') })
      },
      'no reason',
    ],
    ['returns what its codec refuses', () => () => {}, 'JSON can hold'],
  ])('that %s rejects the caller with REMOTE_ERROR and the reason', async (_, handler, reason) => {
    const { a, b } = openCalls()
    const errors: unknown[] = []
    b.onError((error) => errors.push(error))
    b.handle('ask', handler)
    const error = await a.request('ask', 1).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(SharedChannelError)
    expect(error).toMatchObject({
      code: 'REMOTE_ERROR',
      message: expect.stringMatching(`^"ask" failed on the other side: .*${reason}`),
    })
    expect(errors).toEqual([]) // the caller was told
    expect(b.state).toBe('open')
  })

  it('that is not there rejects the caller, who is told whose', async () => {
    const { a, b } = openCalls()
    b.on('note', () => {})
    await expect(a.request('ask', 1)).rejects.toMatchObject({ code: 'REMOTE_ERROR', message: /nobody handles "ask"/ })
    const More = defineProtocol({ send: { more: { id: 99, codec: text(), reply: text() } } })
    const [linkA, linkB] = memoryLinks()
    const caller = new SharedChannel(linkA, More)
    const callee = new SharedChannel(linkB, flip(Ask))
    callee.handle('ask', () => 1)
    await expect(caller.request('more', 'x')).rejects.toMatchObject({ message: /nobody handles 99/ })
    await Promise.all([caller.close(), callee.close()])
  })

  it('is one at a time for each call, until it is taken away', async () => {
    const { a, b } = openCalls()
    const stop = b.handle('ask', () => 'first')
    expect(() => b.handle('ask', () => 'second')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('has a handler already') }),
    )
    expect(await a.request('ask', 1)).toBe('first')
    stop()
    b.handle('ask', () => 'second')
    stop() // not the second
    expect(await a.request('ask', 1)).toBe('second')
  })

  it('that was taken away holds nothing: no event loop, no messages', async () => {
    const { a, b, linkB } = openCalls()
    const stop = b.handle('ask', () => 1)
    expect(linkB.holdsEventLoop).toBe(true)
    stop()
    stop()
    expect(linkB.holdsEventLoop).toBe(false)
    const asked = a.request('ask', 1)
    await turns()
    expect(b.stats().receivedMessages).toBe(0)
    const other = b.handle('echo', (data) => data)
    await expect(asked).rejects.toMatchObject({ code: 'REMOTE_ERROR' })
    other()
    b.on('note', () => {})
    expect(linkB.holdsEventLoop).toBe(true)
  })

  it('is refused for unknown names and closed channels', async () => {
    const { a } = openCalls()
    expect(() => a.handle('asks' as 'ask', () => 1)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    await a.close()
    expect(() => a.handle('ask', () => 1)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  it('gets a payload of its own, to keep, whatever the codec', async () => {
    const { a, b, memory } = openCalls()
    const kept: Uint8Array[] = []
    b.handle('look', (data) => {
      kept.push(data)
      return 'seen'
    })
    b.handle('echo', (data) => {
      kept.push(data)
      return data
    })
    for (let i = 0; i < 20; i++) {
      await a.request('look', pattern(500, i))
      await a.request('echo', pattern(500, i))
    }
    for (const [index, data] of kept.entries()) {
      expect(data.buffer).not.toBe(memory)
      expectBytes(data, pattern(500, index >> 1))
    }
  })

  it('may answer with bytes of another realm', async () => {
    const foreign = runInNewContext('new Uint8Array([1, 2, 3])') as Uint8Array
    const reply = custom<null, Uint8Array>({ encode: () => foreign, decode: (bytes) => bytes })
    const { a, b } = openEnds(defineProtocol({ send: { fetch: { id: 1, codec: text(), reply } } }))
    b.handle('fetch', () => null)
    expect(await a.request('fetch', '')).toEqual(new Uint8Array([1, 2, 3]))
  })
})

describe('a reply', () => {
  it('that finds the queue full waits for room and arrives', async () => {
    const scratch = new Uint8Array(900) // the same memory for each
    const reply = custom<number, Uint8Array>({ encode: (seed) => scratch.fill(seed), decode: (bytes) => bytes })
    const Fetch = defineProtocol({ send: { fetch: { id: 1, codec: json<number>(), reply } } })
    const { a, b } = openEnds(Fetch, { optionsB: { maxQueueBytes: 1000 } })
    b.handle('fetch', (seed) => seed)
    const asked = Array.from({ length: 30 }, (_, i) => a.request('fetch', i))
    for (const [index, answer] of (await Promise.all(asked)).entries()) {
      expectBytes(answer, new Uint8Array(900).fill(index))
    }
  })

  it('that is too large tells the caller, and what was too large', async () => {
    const { a, b } = openCalls({ optionsB: { maxMessageBytes: 1000 } })
    b.handle('echo', () => pattern(1001))
    await expect(a.request('echo', pattern(1))).rejects.toMatchObject({
      code: 'REMOTE_ERROR',
      message: expect.stringContaining('1001 bytes; the limit is 1000'),
    })
  })

  it('whose codec makes no bytes tells the caller', async () => {
    const reply = custom<unknown>({ encode: () => 'text' as unknown as Uint8Array, decode: () => 1 })
    const { a, b } = openEnds(defineProtocol({ send: { fetch: { id: 1, codec: text(), reply } } }))
    b.handle('fetch', () => 1)
    await expect(a.request('fetch', '')).rejects.toMatchObject({ code: 'REMOTE_ERROR', message: /Uint8Array/ })
  })

  it('that cannot even say so is told to onError at its own end', async () => {
    const { a, b } = openCalls({ optionsB: { maxMessageBytes: 3 } })
    const errors: unknown[] = []
    b.onError((error) => errors.push(error))
    b.handle('echo', () => pattern(10))
    const asked = a.request('echo', pattern(1), { timeout: 30 })
    await until(() => errors.length > 0)
    expect(errors).toEqual([expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' })])
    await expect(asked).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('that the caller cannot decode rejects the caller with the codec’s error', async () => {
    const reply = custom<Uint8Array, never>({
      encode: (bytes) => bytes,
      decode: () => {
        throw new RangeError('not what it should be')
      },
    })
    const { a, b } = openEnds(defineProtocol({ send: { fetch: { id: 1, codec: text(), reply } } }))
    b.handle('fetch', () => new Uint8Array(1))
    await expect(a.request('fetch', '')).rejects.toEqual(new RangeError('not what it should be'))
    expect(a.state).toBe('open')
  })
})

describe('a call that is given up', () => {
  it.each([
    ['a timeout', { code: 'TIMEOUT', message: '"ask" was not answered within 5 ms.' }],
    ['an abort', { name: 'stop' }],
  ])('by %s while it waits for room is never seen by the other side', async (kind, error) => {
    const pair = openCalls()
    const { a, b } = pair
    fillFrom(pair)
    const controller = new AbortController()
    const limit = kind === 'a timeout' ? { timeout: 5 } : { signal: controller.signal }
    const asked = a.request('ask', 'never', limit)
    expect(a.stats().queuedMessages).toBe(1)
    controller.abort(error)
    await expect(asked).rejects.toMatchObject(error)
    expect(a.stats().queuedMessages).toBe(0)
    const handler = vi.fn(() => 1)
    b.on('note', () => {})
    b.handle('ask', handler)
    expect(await a.request('ask', 'next')).toBe(1)
    expect(handler).toHaveBeenCalledExactlyOnceWith('next')
  })

  it('while half of it is in the ring is never seen either', async () => {
    const { a, b } = openCalls()
    const asked = a.request('echo', pattern(60_000), { timeout: 1 })
    await expect(asked).rejects.toMatchObject({ code: 'TIMEOUT' })
    const handler = vi.fn((data: Uint8Array) => data)
    b.handle('echo', handler)
    expectBytes(await a.request('echo', pattern(9000, 2)), pattern(9000, 2))
    expect(handler).toHaveBeenCalledOnce()
  })

  it('after it was sent is answered in vain', async () => {
    const { a, b } = openCalls()
    const answers: ((answer: unknown) => void)[] = []
    b.handle('ask', () => new Promise((resolve) => answers.push(resolve)))
    const controller = new AbortController()
    const timed = a.request('ask', 1, { timeout: 5 })
    const aborted = a.request('ask', 2, { signal: controller.signal })
    const kept = a.request('ask', 3)
    await until(() => answers.length === 3)
    controller.abort()
    expect(await reasonsOf([timed, aborted])).toMatchObject([{ code: 'TIMEOUT' }, { name: 'AbortError' }])
    for (const [index, answer] of answers.entries()) answer(`answer ${index + 1}`)
    expect(await kept).toBe('answer 3')
    expect(a.stats()).toMatchObject({ receivedMessages: 3, unhandled: 0 })
    expect(a.state).toBe('open')
  })

  it('before it was made is not made', async () => {
    const { a } = openCalls()
    const signal = AbortSignal.abort('no')
    await expect(a.request('ask', 1, { signal })).rejects.toBe('no')
    expect(a.stats().sentMessages).toBe(0)
  })

  it('or answered, lets go of the signal', async () => {
    const { a, b } = openCalls()
    const { signal } = new AbortController()
    const listeners = () => getEventListeners(signal, 'abort').length
    b.handle('ask', () => 1)
    const asked = a.request('ask', 1, { signal, timeout: 1000 })
    expect(listeners()).toBe(1)
    await asked
    expect(listeners()).toBe(0)
    const late = a.request('echo', pattern(1), { signal, timeout: 0 })
    await expect(late).rejects.toBeInstanceOf(SharedChannelError)
    expect(listeners()).toBe(0)
  })
})

describe('when the channel ends', () => {
  const never = () => new Promise<never>(() => {})

  it('by close, calls without an answer are rejected, sent or not', async () => {
    const pair = openCalls({ closeTimeout: 30 })
    const { a, b } = pair
    b.handle('ask', never)
    const sent = a.request('ask', 1)
    await until(() => b.stats().receivedMessages === 1)
    const unsent = a.request('echo', pattern(60_000))
    await a.close({ discard: true })
    for (const reason of await reasonsOf([sent, unsent])) expect(reason).toMatchObject({ code: 'CLOSED' })
  })

  it('because the other side was lost, with that as the reason', async () => {
    const { a, b, linkA } = openCalls()
    b.handle('ask', never)
    const asked = a.request('ask', 1)
    await turns()
    linkA.end(new SharedChannelError('PEER_LOST', 'The other side went away.'))
    await expect(asked).rejects.toMatchObject({ code: 'PEER_LOST', message: expect.stringContaining('went away') })
  })

  it('because of garbage, with CORRUPT', async () => {
    const { a, b, linkA, linkB, memory } = openCalls()
    b.handle('ask', never)
    const asked = a.request('ask', 1)
    await turns()
    new Int32Array(memory).fill(3, 1152 / 4, 1152 / 4 + 1) // the tail of b's ring
    linkB.wakePeer()
    await expect(asked).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(linkA.closed || a.state !== 'open').toBe(true)
  })

  it('the answers that were published before are still taken', async () => {
    const { a, b, linkA } = openCalls()
    b.handle('ask', (n) => n)
    const asked = [a.request('ask', 1), a.request('ask', 2)]
    await until(() => b.stats().sentMessages === 2)
    linkA.end(new SharedChannelError('PEER_LOST', 'The other side went away.'))
    expect(await Promise.all(asked)).toEqual([1, 2])
  })

  it('by close, the other side still answers what it can answer at once', async () => {
    const { a, b } = openCalls()
    b.handle('ask', async (n) => n)
    const asked = [a.request('ask', 1), a.request('ask', 2)]
    expect(await a.close()).toEqual({ unconsumed: 0 })
    expect(await Promise.all(asked)).toEqual([1, 2])
  })

  it('answers that come too late are dropped, and the memory is left alone', async () => {
    const { a, b, memory } = openCalls()
    let answer = (_: unknown) => {}
    b.handle(
      'ask',
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    )
    const asked = a.request('ask', 1)
    await until(() => b.stats().receivedMessages === 1)
    await Promise.all([a.close({ discard: true }), b.close()])
    await expect(asked).rejects.toMatchObject({ code: 'CLOSED' })
    const before = Buffer.from(memory).toString('base64')
    const { sentMessages } = b.stats()
    answer('late')
    await turns()
    expect(Buffer.from(memory).toString('base64')).toBe(before)
    expect(b.stats()).toMatchObject({ sentMessages, queuedMessages: 0 })
  })

  it('answers that wait for room in the queue wait no longer', async () => {
    const { a, b, linkA, linkB } = openCalls({ optionsB: { maxQueueBytes: 100 } })
    a[Symbol.asyncIterator]() // takes 64 messages, and no more
    for (let i = 0; i < 64; i++) b.send('note', '')
    while (b.trySend('note', 'x'.repeat(500)));
    let handled = 0
    b.handle('echo', (data) => {
      handled++
      return data
    })
    for (let i = 0; i < 10; i++) a.request('echo', pattern(90)).catch(() => {})
    await until(() => handled === 10)
    expect(b.stats().queuedMessages).toBeGreaterThan(1)
    linkA.end()
    linkB.end()
    await Promise.all([a.closed, b.closed])
    await turns() // would never come back if they went on trying
    expect(b.stats().queuedMessages).toBe(0)
  })

  it('a large answer that began while this end was closing is finished', async () => {
    const { a, b } = openCalls({ closeTimeout: 1000 })
    while (b.trySend('note', 'x'.repeat(500)));
    b.send('note', 'waits')
    b.handle('echo', (data) => new Uint8Array(50_000).fill(data[0] ?? 0))
    const closed = b.close()
    const asked = a.request('echo', new Uint8Array([7]))
    a.on('note', () => {})
    expectBytes(await asked, new Uint8Array(50_000).fill(7))
    expect(await closed).toEqual({ unconsumed: 0 })
  })
})
