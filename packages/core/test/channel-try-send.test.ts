// `trySend`: now or not at all.
import { describe, expect, it } from 'vitest'
import type { SharedChannel } from '../src/channel.ts'
import { maxRecordPayload } from '../src/layout.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { fillRing, openPair, sendUntilFalse, type Talk } from './helpers/channel-pair.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

const LARGEST = maxRecordPayload(4096)

describe('trySend', () => {
  it('writes now, in the order of the calls', async () => {
    const { a, b } = openPair()
    const received: unknown[] = []
    b.on('note', (note) => received.push(note))
    b.on('data', (data) => received.push(data.length))
    expect(a.trySend('note', 'one')).toBe(true)
    expect(a.trySend('data', pattern(LARGEST))).toBe(true)
    expect(a.trySend('note', '')).toBe(true)
    expect(a.stats()).toMatchObject({ sentMessages: 3, sentBytes: 3 + LARGEST, queuedMessages: 0 })
    await until(() => received.length === 3)
    expect(received).toEqual(['one', LARGEST, ''])
  })

  it('or returns false and keeps nothing: it does not arrive later', async () => {
    const { a, b } = openPair()
    const accepted = fillRing(a)
    expect(a.trySend('data', pattern(500, 99))).toBe(false)
    expect(a.stats()).toMatchObject({ sentMessages: accepted, queuedMessages: 0, queuedBytes: 0 })
    const received: Uint8Array[] = []
    b.on('data', (data) => received.push(data))
    await until(() => received.length >= accepted)
    await turns()
    expect(received).toHaveLength(accepted)
    for (const [index, data] of received.entries()) expectBytes(data, pattern(500, index))
  })

  it('overtakes nothing that waits, however small it is', async () => {
    const { a, b } = openPair()
    a.send('data', pattern(1500))
    a.send('data', pattern(1500))
    expect(a.send('data', pattern(1500))).toBe(false)
    expect(a.trySend('note', '')).toBe(false) // there is room in the ring, but not in the order
    const received: unknown[] = []
    b.on('data', (data) => received.push(data.length))
    b.on('note', (note) => received.push(note))
    await a.ready
    expect(a.trySend('note', 'behind')).toBe(true)
    await until(() => received.length >= 4)
    expect(received).toEqual([1500, 1500, 1500, 'behind'])
  })

  it('overtakes no open slot', () => {
    const { a } = openPair()
    const slot = a.reserve('data', 8)
    expect(a.trySend('note', 'x')).toBe(false)
    slot?.commit()
    expect(a.trySend('note', 'x')).toBe(true)
  })

  it('refuses what can never be written in one piece, and names the limit', () => {
    const { a } = openPair()
    expect(() => a.trySend('data', pattern(LARGEST + 1))).toThrow(
      expect.objectContaining({ code: 'MESSAGE_TOO_LARGE', message: expect.stringContaining(`limit is ${LARGEST}.`) }),
    )
    const { a: small } = openPair({ maxMessageBytes: 100 })
    expect(() => small.trySend('data', pattern(101))).toThrow(
      expect.objectContaining({ code: 'MESSAGE_TOO_LARGE', message: expect.stringContaining('limit is 100.') }),
    )
    expect(small.trySend('data', pattern(100))).toBe(true)
    expect(small.stats()).toMatchObject({ sentMessages: 1 })
  })

  it('refuses what send refuses', async () => {
    const { a } = openPair()
    const trySend = a.trySend.bind(a) as (name: string, payload: unknown) => boolean
    expect(() => trySend('nots', 'x')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => trySend('note', 5)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    await a.close()
    expect(() => a.trySend('note', 'late')).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })
})

describe('ready after a refusal', () => {
  it('waits until the message would find room', async () => {
    const { a, b, linkA } = openPair()
    const accepted = fillRing(a, 1000)
    expect(a.trySend('data', pattern(LARGEST))).toBe(false)
    const { ready } = a
    expect(await stateOf(ready)).toBe('pending')
    expect(a.ready).toBe(ready)
    expect(linkA.holdsEventLoop).toBe(true)

    let received = 0
    const stop = b.on('data', () => {
      if (++received === 1) stop() // gives back the room of one, which is too little
    })
    await turns()
    expect(received).toBe(1)
    expect(await stateOf(ready)).toBe('pending')

    b.on('data', () => received++)
    await ready
    expect(a.trySend('data', pattern(LARGEST))).toBe(true)
    await until(() => received === accepted + 1)
    expect(linkA.holdsEventLoop).toBe(false)
  })

  it('is wanted for the last one refused, not for a larger one before', async () => {
    const { a, b } = openPair()
    fillRing(a, 1000)
    expect(a.trySend('data', pattern(LARGEST))).toBe(false)
    expect(a.trySend('data', pattern(1000))).toBe(false)
    let received = 0
    const stop = b.on('data', () => {
      if (++received === 1) stop()
    })
    await a.ready
    expect(received).toBe(1)
    expect(a.trySend('data', pattern(1000))).toBe(true)
  })

  it('waits for what is in the queue, too', async () => {
    const { a, b } = openPair()
    sendUntilFalse(a)
    a.trySend('note', 'x')
    const { ready } = a
    await turns()
    expect(await stateOf(ready)).toBe('pending')
    b.on('data', () => {})
    await ready
    expect(a.trySend('note', 'x')).toBe(true)
  })

  it('does not wait when there is room by now', async () => {
    const { a, b } = openPair()
    fillRing(a)
    b.on('data', () => {})
    await until(() => b.stats().receivedMessages === a.stats().sentMessages)
    expect(await stateOf(a.ready)).toBe('resolved')
  })

  it('does not wait when nothing was refused', async () => {
    const { a } = openPair()
    for (let i = 0; i < 8; i++) expect(a.trySend('data', pattern(500))).toBe(true) // full to the last byte
    expect(await stateOf(a.ready)).toBe('resolved')
  })

  it.each([
    ['trySend', (channel: SharedChannel<Talk>) => channel.trySend('data', pattern(500))],
    ['reserve', (channel: SharedChannel<Talk>) => channel.reserve('data', 500)?.commit()],
  ])('does not wait when %s has been let in since', async (_, sendInOnePiece) => {
    const { a, b } = openPair()
    const accepted = fillRing(a)
    const stop = b.on('data', () => {})
    await until(() => b.stats().receivedMessages === accepted)
    stop()
    while (a.stats().sentMessages < 2 * accepted) sendInOnePiece(a) // full again, but nobody was refused
    expect(await stateOf(a.ready)).toBe('resolved')
  })

  it('holds the event loop only when somebody asks for it', async () => {
    const { a, linkA } = openPair()
    fillRing(a)
    await turns()
    expect(linkA.holdsEventLoop).toBe(false)
    void a.ready
    expect(linkA.holdsEventLoop).toBe(true)
  })

  it('rejects when the channel ends', async () => {
    const { a } = openPair()
    fillRing(a)
    const { ready } = a
    await a.close({ discard: true })
    await expect(ready).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(a.ready).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
