// `reserve`: a message written in place, in the ring itself.
import { describe, expect, it } from 'vitest'
import { maxRecordPayload } from '../src/layout.ts'
import type { MessageSlot } from '../src/sender.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { fillRing, openPair, type Pair, sendUntilFalse } from './helpers/channel-pair.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

const LARGEST = maxRecordPayload(4096)
const refusal = (code: string, text = '') => expect.objectContaining({ code, message: expect.stringContaining(text) })

/** A slot where there must be room for one. */
function reserve({ a }: Pair, size: number): MessageSlot {
  const slot = a.reserve('data', size)
  if (slot === null) throw new Error('there is no room')
  return slot
}

function collect({ b }: Pair): unknown[] {
  const received: unknown[] = []
  b.on('note', (note) => received.push(note))
  b.on('data', (data) => received.push([...data.slice(0, 3)]))
  return received
}

describe('a slot', () => {
  it('lies in the ring, 8-aligned; commit sends what was written there', async () => {
    const pair = openPair()
    const slot = reserve(pair, 1000)
    expect(slot.bytes.buffer).toBe(pair.memory)
    expect(slot.bytes).toHaveLength(1000)
    expect(slot.bytes.byteOffset % 8).toBe(0)
    slot.bytes.set(pattern(1000))
    expect(pair.a.stats()).toMatchObject({ sentMessages: 0 })
    slot.commit()
    expect(pair.a.stats()).toMatchObject({ sentMessages: 1, sentBytes: 1000, queuedMessages: 0 })
    let data: Uint8Array | undefined
    pair.b.on('data', (bytes) => {
      data = bytes
    })
    await until(() => data !== undefined)
    expectBytes(data, pattern(1000))
  })

  it('is seen by nobody before commit', async () => {
    const pair = openPair()
    const received = collect(pair)
    await turns()
    const slot = reserve(pair, 3)
    slot.bytes.set([1, 2, 3])
    await turns()
    expect(received).toEqual([])
    slot.commit()
    await until(() => received.length === 1)
    expect(received).toEqual([[1, 2, 3]])
  })

  it('may be sent in part, and the rest is room again', async () => {
    const pair = openPair()
    const received = collect(pair)
    for (const length of [2, 0]) {
      const slot = reserve(pair, LARGEST)
      slot.bytes.set([7, 8, 9])
      slot.commit(length)
    }
    for (let i = 0; i < 3; i++) expect(pair.a.trySend('data', pattern(1000))).toBe(true)
    await until(() => received.length === 5)
    expect(received.slice(0, 2)).toEqual([[7, 8], []])
    expect(pair.a.stats().sentBytes).toBe(3002)
  })

  it('may be empty', async () => {
    const pair = openPair()
    const received = collect(pair)
    reserve(pair, 0).commit()
    await until(() => received.length === 1)
    expect(received).toEqual([[]])
  })

  it('may be given back: nothing is sent, and the room is there again', async () => {
    const pair = openPair()
    const received = collect(pair)
    const slot = reserve(pair, LARGEST)
    slot.bytes.fill(9)
    slot.abort()
    reserve(pair, LARGEST).abort()
    pair.a.send('note', 'after')
    await until(() => received.length > 0)
    expect(received).toEqual(['after'])
    expect(pair.a.stats()).toMatchObject({ sentMessages: 1 })
  })

  it('is committed once, and may be given back as often as one likes', () => {
    const pair = openPair()
    const slot = reserve(pair, 8)
    slot.commit()
    expect(() => slot.commit()).toThrow(refusal('INVALID_ARGUMENT', 'before'))
    const other = reserve(pair, 8)
    slot.abort() // not the other one
    expect(pair.a.reserve('data', 8)).toBe(null)
    other.abort()
    other.abort()
    expect(() => other.commit()).toThrow(refusal('INVALID_ARGUMENT', 'before'))
    expect(pair.a.stats().sentMessages).toBe(1)
  })

  it.each([-1, 9, 1.5, Number.NaN, '4', null])('stays open when it is committed with the length %o', (length) => {
    const pair = openPair()
    const slot = reserve(pair, 8)
    expect(() => slot.commit(length as number)).toThrow(refusal('INVALID_ARGUMENT', 'from 0 to 8;'))
    expect(pair.a.stats().sentMessages).toBe(0)
    slot.commit(8)
    expect(pair.a.stats().sentMessages).toBe(1)
  })
})

describe('reserve', () => {
  it('is null when the ring is full, and ready tells when to try again', async () => {
    const { a, b } = openPair()
    for (let i = 0; i < 8; i++) expect(a.trySend('data', pattern(500))).toBe(true) // full to the last byte
    expect(a.reserve('data', 0)).toBe(null)
    expect(a.reserve('data', LARGEST)).toBe(null)
    expect(a.stats()).toMatchObject({ queuedMessages: 0 })
    const { ready } = a
    expect(await stateOf(ready)).toBe('pending')
    b.on('data', () => {})
    await ready
    expect(a.reserve('data', LARGEST)).not.toBe(null)
  })

  it('is null while messages wait, even if there were room', () => {
    const { a } = openPair()
    a.send('data', pattern(1500))
    a.send('data', pattern(1500))
    expect(a.send('data', pattern(1500))).toBe(false)
    expect(a.reserve('note', 0)).toBe(null)
  })

  it('is null while a slot is open, and ready waits for that', async () => {
    const pair = openPair()
    const slot = reserve(pair, 8)
    expect(pair.a.reserve('data', 8)).toBe(null)
    const { ready } = pair.a
    expect(await stateOf(ready)).toBe('pending')
    slot.abort()
    await ready
    expect(pair.a.reserve('data', 8)).not.toBe(null)
  })

  it('names the limit of what can be reserved at once', () => {
    const { a } = openPair()
    expect(() => a.reserve('data', LARGEST + 1)).toThrow(refusal('MESSAGE_TOO_LARGE', `limit is ${LARGEST}.`))
    const { a: small } = openPair({ maxMessageBytes: 100 })
    expect(() => small.reserve('data', 101)).toThrow(refusal('MESSAGE_TOO_LARGE', 'limit is 100.'))
    expect(small.reserve('data', 100)).not.toBe(null)
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '8', undefined])('refuses the size %o', (size) => {
    const { a } = openPair()
    expect(() => a.reserve('data', size as number)).toThrow(refusal('INVALID_ARGUMENT', `it is ${size}`))
  })

  it('refuses unknown names, and everything on a closed channel', async () => {
    const { a } = openPair()
    expect(() => a.reserve('nots' as 'note', 1)).toThrow(refusal('INVALID_ARGUMENT', '"nots"'))
    await a.close()
    expect(() => a.reserve('note', 1)).toThrow(refusal('CLOSED'))
  })
})

describe('what is sent while a slot is open', () => {
  it.each([
    ['committed', (slot: MessageSlot) => slot.commit(), [[1]]],
    ['given back', (slot: MessageSlot) => slot.abort(), []],
  ])('waits until it is %s, and keeps its order', async (_, finish, first) => {
    const pair = openPair()
    const { a } = pair
    const received = collect(pair)
    const slot = reserve(pair, 1)
    slot.bytes.fill(1)
    expect(a.send('note', 'sent')).toBe(false)
    const direct = a.sendDirect('data', new Uint8Array([2]))
    const large = a.sendDirect('data', new Uint8Array(10_000).fill(3))
    expect(a.trySend('note', 'not sent')).toBe(false)
    expect(a.send('note', 'last')).toBe(false)
    const flushed = a.flush()
    await turns()
    expect(received).toEqual([])
    expect(await stateOf(direct)).toBe('pending')
    finish(slot)
    await Promise.all([direct, large, flushed, a.ready])
    await until(() => received.includes('last'))
    expect(received).toEqual([...first, 'sent', [2], [3, 3, 3], 'last'])
  })

  it('may be given up, and the slot stays', async () => {
    const pair = openPair()
    const received = collect(pair)
    const slot = reserve(pair, 1)
    slot.bytes.fill(1)
    await expect(pair.a.sendDirect('note', 'late', { timeout: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    slot.commit()
    await until(() => received.length > 0)
    expect(received).toEqual([[1]])
  })

  it('does not write into it, though the other side makes room and rings', async () => {
    const pair = openPair()
    const { a } = pair
    const before = fillRing(a, 1000)
    const received = collect(pair)
    await a.ready
    const slot = reserve(pair, 1000)
    slot.bytes.fill(5)
    sendUntilFalse(a, 1000)
    await turns()
    expect(slot.bytes.every((byte) => byte === 5)).toBe(true)
    slot.commit()
    await until(() => received.length === before + 2)
    expect(received[before]).toEqual([5, 5, 5])
  })
})

describe('a slot that is open at the end', () => {
  it('is given back, and what waited behind it is sent', async () => {
    const pair = openPair()
    const received = collect(pair)
    const slot = reserve(pair, 100)
    pair.a.send('note', 'behind')
    const direct = pair.a.sendDirect('note', 'direct')
    expect(await pair.a.close()).toEqual({ unconsumed: 0 })
    await direct
    expect(received).toEqual(['behind', 'direct'])
    expect(() => slot.commit()).toThrow(refusal('CLOSED'))
    expect(() => slot.abort()).not.toThrow()
    expect(pair.a.stats().sentMessages).toBe(2)
  })

  it('is closed from the moment of close, and says so', async () => {
    const pair = openPair()
    const slot = reserve(pair, 100)
    const closed = pair.a.close()
    expect(() => slot.commit()).toThrow(refusal('CLOSED'))
    expect(await closed).toEqual({ unconsumed: 0 })
  })

  it('tells why it cannot be committed when the other side was lost', async () => {
    const pair = openPair()
    const slot = reserve(pair, 100)
    pair.linkB.end()
    await pair.linkA.stop()
    await pair.a.closed
    const before = Buffer.from(pair.memory).toString('base64')
    expect(() => slot.commit()).toThrow(refusal('CLOSED'))
    expect(Buffer.from(pair.memory).toString('base64')).toBe(before)
  })
})
