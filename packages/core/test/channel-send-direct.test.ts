// `sendDirect`: from the payload's own memory, in order, when there is room.
import { getEventListeners } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { custom } from '../src/codec.ts'
import { defineProtocol } from '../src/protocol.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { fillRing, openEnds, openPair, type Pair, sendUntilFalse } from './helpers/channel-pair.ts'
import { reasonsOf, stateOf, turn, turns, until } from './helpers/wait.ts'

/** What arrives at `b`: texts, and of bytes their length and first byte. */
function collect({ b }: Pair): unknown[] {
  const received: unknown[] = []
  b.on('note', (note) => received.push(note))
  b.on('data', (data) => received.push([data.length, data[0]]))
  return received
}

describe('sendDirect', () => {
  it('writes at once when there is room', async () => {
    const pair = openPair()
    const done = pair.a.sendDirect('data', new Uint8Array(100).fill(1))
    expect(pair.a.stats()).toMatchObject({ sentMessages: 1, sentBytes: 100, queuedMessages: 0 })
    await done
    const received = collect(pair)
    await until(() => received.length === 1)
    expect(received).toEqual([[100, 1]])
  })

  it('goes behind what waits and before what comes later', async () => {
    const pair = openPair()
    const { a } = pair
    fillRing(a)
    a.send('note', 'before')
    const done = a.sendDirect('data', new Uint8Array(100).fill(7))
    a.send('note', 'after')
    const doneToo = a.sendDirect('note', 'last')
    expect(a.trySend('note', 'no')).toBe(false)
    const received = collect(pair)
    await Promise.all([done, doneToo])
    await until(() => received.includes('last'))
    expect(received.slice(-4)).toEqual(['before', [100, 7], 'after', 'last'])
  })

  it('resolves when all of it is in the ring, not before', async () => {
    const { a, b } = openPair()
    const done = a.sendDirect('data', pattern(50_000))
    expect(await stateOf(done)).toBe('pending')
    expect(a.stats()).toMatchObject({ queuedMessages: 1, sentMessages: 0 })
    let data: Uint8Array | undefined
    b.on('data', (bytes) => {
      data = bytes
    })
    await done
    expect(a.stats()).toMatchObject({ queuedMessages: 0, sentMessages: 1, sentBytes: 50_000 })
    await until(() => data !== undefined)
    expectBytes(data, pattern(50_000))
  })

  it.each([
    ['a view', (bytes: Uint8Array) => bytes],
    ['its buffer', (bytes: Uint8Array) => bytes.buffer],
    ['a part of it', (bytes: Uint8Array) => bytes.subarray(1)],
  ])('keeps no copy of %s: what it is when there is room is what arrives', async (_, payloadOf) => {
    const pair = openPair()
    const { a } = pair
    fillRing(a)
    const bytes = new Uint8Array(1000).fill(1)
    const done = a.sendDirect('data', payloadOf(bytes))
    expect(a.stats()).toMatchObject({ queuedMessages: 1, queuedBytes: 0 })
    bytes.fill(2)
    const received = collect(pair)
    await done
    bytes.fill(3)
    await until(() => a.stats().sentMessages === received.length)
    expect(received.at(-1)).toEqual([payloadOf(bytes).byteLength, 2])
  })

  it('is not bound by maxQueueBytes, since it keeps nothing', async () => {
    const { a, b } = openPair({ maxQueueBytes: 100 })
    fillRing(a)
    const sends = Array.from({ length: 20 }, () => a.sendDirect('data', pattern(1000)))
    expect(a.stats()).toMatchObject({ queuedMessages: 20, queuedBytes: 0 })
    b.on('data', () => {})
    await Promise.all(sends)
  })

  it('keeps a copy of what a codec made in memory that it uses again', async () => {
    const scratch = new Uint8Array(8)
    const Scratch = defineProtocol({
      send: {
        fill: {
          id: 1,
          codec: custom<number, Uint8Array>({ encode: (n) => scratch.fill(n), decode: (bytes) => bytes }),
        },
      },
    })
    const { a, b } = openEnds(Scratch)
    while (a.trySend('fill', 0));
    const before = a.stats().sentMessages
    const sends = [a.sendDirect('fill', 1), a.sendDirect('fill', 2)]
    expect(a.stats()).toMatchObject({ queuedMessages: 2, queuedBytes: 16 })
    scratch.fill(9)
    const received: (number | undefined)[] = []
    b.on('fill', (bytes) => received.push(bytes[0]))
    await Promise.all(sends)
    await until(() => received.length === before + 2)
    expect(received.slice(-2)).toEqual([1, 2])
  })

  it('takes text and JSON, larger than the encoders’ memory or not', async () => {
    const { a, b } = openPair()
    fillRing(a)
    const texts = ['short', 'x'.repeat(70_000), 'between']
    const sends = texts.map((text) => a.sendDirect('note', text))
    sends.push(a.sendDirect('value', { n: 1 }))
    a.trySend('note', 'the encoder is used again')
    const received: unknown[] = []
    b.on('note', (note) => received.push(note))
    b.on('value', (value) => received.push(value))
    b.on('data', () => {})
    await Promise.all(sends)
    await until(() => received.length === 4)
    expect(received).toEqual([...texts, { n: 1 }])
  })

  it('does not keep what does not have to wait', async () => {
    const { a } = openPair()
    await a.sendDirect('note', 'x')
    expect(a.stats()).toMatchObject({ sentMessages: 1, queuedBytes: 0 })
  })

  it.each([-1, 2 ** 31, Number.NaN, '5', null])('refuses the timeout %o', async (timeout) => {
    const { a } = openPair()
    await expect(a.sendDirect('note', 'x', { timeout: timeout as number })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`it is ${timeout}`),
    })
    expect(a.stats().sentMessages).toBe(0)
  })

  it('rejects with what send throws', async () => {
    const { a } = openPair({ maxMessageBytes: 1000 })
    await expect(a.sendDirect('data', pattern(1001))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    await expect(a.sendDirect('nots' as 'note', 'x')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(a.sendDirect('note', 5 as unknown as string)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await a.close()
    await expect(a.sendDirect('note', 'late')).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('rejects when the channel ends first, and is not counted as lost without a word', async () => {
    const { a, linkA } = openPair()
    const accepted = fillRing(a)
    const sends = [a.sendDirect('data', pattern(100)), a.sendDirect('data', pattern(50_000))]
    linkA.end()
    expect(await reasonsOf(sends)).toMatchObject([{ code: 'CLOSED' }, { code: 'CLOSED' }])
    expect((await a.closed).unconsumed).toBe(accepted)
  })
})

describe.each([
  ['a timeout', { code: 'TIMEOUT', message: 'There was no room in the ring within 5 ms.' }],
  ['an abort', { name: 'stop' }],
])('given up by %s', (kind, error) => {
  /** Options that end the wait, and what does so. */
  function limit() {
    const controller = new AbortController()
    if (kind === 'a timeout') return { options: { timeout: 5 }, end: () => {} }
    return { options: { signal: controller.signal }, end: () => controller.abort(error) }
  }

  it('before it was started, the other side sees nothing, and the next message arrives', async () => {
    const pair = openPair()
    const { a } = pair
    const accepted = fillRing(a)
    const { options, end } = limit()
    const done = a.sendDirect('note', 'never', options)
    end()
    await expect(done).rejects.toMatchObject(error)
    expect(a.stats()).toMatchObject({ queuedMessages: 0, queuedBytes: 0 })
    a.send('note', 'next')
    const received = collect(pair)
    await until(() => received.length > accepted)
    await turns()
    expect(received.slice(accepted)).toEqual(['next'])
  })

  it('behind others, these are not disturbed', async () => {
    const pair = openPair()
    const { a } = pair
    fillRing(a)
    a.send('note', 'in front')
    const { options, end } = limit()
    const done = a.sendDirect('data', pattern(60_000), options)
    a.send('note', 'behind')
    const behind = a.sendDirect('note', 'direct')
    end()
    await expect(done).rejects.toMatchObject(error)
    expect(a.stats()).toMatchObject({ queuedMessages: 3 })
    const received = collect(pair)
    await behind
    await until(() => received.includes('direct'))
    expect(received.slice(-3)).toEqual(['in front', 'behind', 'direct'])
  })

  it('half in the ring, the other side sees nothing of it, and the next ones arrive', async () => {
    const pair = openPair()
    const { a, b } = pair
    a.send('note', 'first')
    const { options, end } = limit()
    const done = a.sendDirect('data', pattern(60_000), options)
    const behind = a.sendDirect('data', new Uint8Array(9000).fill(5))
    a.send('note', 'last')
    end()
    await expect(done).rejects.toMatchObject(error)
    const received = collect(pair)
    await behind
    await until(() => received.includes('last'))
    expect(received).toEqual(['first', [9000, 5], 'last'])
    expect(b.state).toBe('open')
  })

  it('half in the ring, with nothing behind it: what is sent much later arrives', async () => {
    const pair = openPair()
    const { a } = pair
    const { options, end } = limit()
    const done = a.sendDirect('data', pattern(60_000), options)
    end()
    await expect(done).rejects.toMatchObject(error)
    expect(await stateOf(a.ready)).toBe('resolved')
    const received = collect(pair)
    await turns()
    expect(a.trySend('note', 'later')).toBe(true)
    await until(() => received.length === 1)
    expect(received).toEqual(['later'])
  })

  it('half in a full ring, with another one behind it given up too', async () => {
    const pair = openPair()
    const { a } = pair
    const { options, end } = limit()
    const half = a.sendDirect('data', pattern(60_000), options) // four fragments, a quarter of the ring each
    const behind = a.sendDirect('note', 'never started', options)
    end()
    expect(await reasonsOf([half, behind])).toMatchObject([error, error])
    a.send('note', 'next')
    const received = collect(pair)
    await until(() => received.length > 0)
    expect(received).toEqual(['next'])
    expect(pair.b.state).toBe('open')
  })

  it('makes room for what waits behind it', async () => {
    const { a } = openPair()
    fillRing(a, 1000)
    const { options, end } = limit()
    const done = a.sendDirect('data', pattern(2000), options)
    const small = a.sendDirect('data', pattern(10)) // there is room for this one, but it must wait for its turn
    expect(await stateOf(small)).toBe('pending')
    end()
    await expect(done).rejects.toMatchObject(error)
    await small
  })
})

describe('the time', () => {
  it('of 0 ms sends what can be sent now, and gives up else', async () => {
    const { a } = openPair()
    await a.sendDirect('note', 'x', { timeout: 0 })
    fillRing(a)
    await expect(a.sendDirect('data', pattern(500), { timeout: 0 })).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('does not run on once the message is in the ring', async () => {
    const { a, b } = openPair()
    fillRing(a)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const done = a.sendDirect('data', pattern(500), { timeout: 20_000 })
    expect(vi.getTimerCount()).toBe(1)
    b.on('data', () => {})
    await done
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the signal', () => {
  it('that has aborted already sends nothing, even if there is room', async () => {
    const { a } = openPair()
    const reason = new Error('too late')
    await expect(a.sendDirect('note', 'x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(a.stats().sentMessages).toBe(0)
  })

  it('gives its own reason, whatever it is', async () => {
    const { a } = openPair()
    fillRing(a)
    const controller = new AbortController()
    const done = a.sendDirect('data', pattern(500), { signal: controller.signal })
    controller.abort('a string')
    await expect(done).rejects.toBe('a string')
  })

  it('is let go of, however the wait ended', async () => {
    const { a, b } = openPair()
    const controller = new AbortController()
    const { signal } = controller
    const listeners = () => getEventListeners(signal, 'abort').length
    await a.sendDirect('note', 'at once', { signal })
    expect(listeners()).toBe(0)
    sendUntilFalse(a)
    await expect(a.sendDirect('note', 'timed out', { signal, timeout: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(listeners()).toBe(0)
    const sent = a.sendDirect('note', 'sent', { signal })
    expect(listeners()).toBe(1)
    b.on('data', () => {})
    b.on('note', () => {})
    await sent
    expect(listeners()).toBe(0)
    while (a.trySend('data', pattern(1000)));
    const aborted = a.sendDirect('data', pattern(60_000), { signal })
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    expect(listeners()).toBe(0)
  })

  it('is let go of when the channel ends', async () => {
    const { a } = openPair()
    fillRing(a)
    const { signal } = new AbortController()
    const done = a.sendDirect('data', pattern(500), { signal })
    await a.close({ discard: true })
    await expect(done).rejects.toMatchObject({ code: 'CLOSED' })
    await turn()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
