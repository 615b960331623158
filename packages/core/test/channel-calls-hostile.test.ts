// Calls, when the other side does as it likes.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { SharedChannelError } from '../src/errors.ts'
import { FLAG_CALL, FLAG_FIRST, FLAG_LAST, FLAG_REPLY, REPLY_OK, readLayout } from '../src/layout.ts'
import { RingReader, RingWriter } from '../src/ring.ts'
import { Ask, openCalls } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { turn, turns, until } from './helpers/wait.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const WHOLE = FLAG_FIRST | FLAG_LAST
const ASK = Ask.send.ask.id
const words = (...values: number[]) => new Uint8Array(new Uint32Array(values).buffer)
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** A channel whose other side is a bare ring. */
function openAlone() {
  const [link, peer] = memoryLinks()
  const channel = new SharedChannel(link, Ask, { closeTimeout: 20 })
  const places = readLayout(link.memory)
  const out = new RingWriter(link.memory, places[1], 1)
  const calls = new RingReader(link.memory, places[0], 0)
  onTestFinished(() => channel.close({ discard: true }).then(() => {}))
  return {
    channel,
    /** Sends a record. */
    record(tag: number, ...parts: Uint8Array[]) {
      const payload = Buffer.concat(parts)
      const offset = out.tryReserve(payload.length)
      if (offset < 0) return false
      out.bytes.set(payload, offset)
      out.commit(payload.length, tag)
      peer.wakePeer()
      return true
    },
    /** The number of the channel's next call. */
    callNumber(): number {
      if (calls.tryRead() !== 0) throw new Error('there is no call')
      const number = calls.wordAt(calls.offset)
      calls.pop()
      calls.publish()
      return number
    },
  }
}

describe('replies', () => {
  it('to calls that nobody made are ignored, and so are second ones', async () => {
    const { channel, record, callNumber } = openAlone()
    const asked = channel.request('ask', 'how')
    const number = callNumber()
    for (const other of [0, number + 1, 2 ** 32 - 1])
      record(ASK | FLAG_REPLY | WHOLE, words(other, REPLY_OK), json('x'))
    record(ASK | FLAG_REPLY | WHOLE, words(number, REPLY_OK), json('right'))
    record(ASK | FLAG_REPLY | WHOLE, words(number, REPLY_OK), json('again'))
    record(ASK | FLAG_REPLY | WHOLE, words(number, 1), json('failed after all'))
    expect(await asked).toBe('right')
    const next = channel.request('ask', 'next')
    await turns()
    expect(channel.state).toBe('open')
    expect(channel.stats()).toMatchObject({ receivedMessages: 6, unhandled: 0 })
    record(ASK | FLAG_REPLY | WHOLE, words(callNumber(), REPLY_OK), json('fine'))
    expect(await next).toBe('fine')
  })

  it('of a status that does not exist count as failures', async () => {
    const { channel, record, callNumber } = openAlone()
    for (const status of [2, 77, 2 ** 32 - 1]) {
      const asked = channel.request('ask', 1)
      record(ASK | FLAG_REPLY | WHOLE, words(callNumber(), status), new Uint8Array([0xff, 0xfe]))
      await expect(asked).rejects.toMatchObject({ code: 'REMOTE_ERROR' })
    }
  })

  it('that are not what the codec takes reject the caller only', async () => {
    const { channel, record, callNumber } = openAlone()
    const asked = channel.request('ask', 1)
    record(ASK | FLAG_REPLY | WHOLE, words(callNumber(), REPLY_OK), new TextEncoder().encode('{"half":'))
    await expect(asked).rejects.toBeInstanceOf(SyntaxError)
    expect(channel.state).toBe('open')
  })

  it('of another type are the answer all the same: it is the number that counts', async () => {
    const { channel, record, callNumber } = openAlone()
    const asked = channel.request('ask', 1)
    record(4711 | FLAG_REPLY | WHOLE, words(callNumber(), REPLY_OK), json('answer'))
    expect(await asked).toBe('answer')
  })

  it.each<[string, (record: ReturnType<typeof openAlone>['record'], number: number) => void]>([
    ['that are calls too', (record, number) => record(ASK | FLAG_CALL | FLAG_REPLY | WHOLE, words(number, 0))],
    ['without a number', (record) => record(ASK | FLAG_REPLY | WHOLE)],
    ['with half of one', (record, number) => record(ASK | FLAG_REPLY | WHOLE, words(number))],
    [
      'in fragments, too short for a number',
      (record) => record(ASK | FLAG_REPLY | FLAG_FIRST, words(7, 0), new Uint8Array(16)),
    ],
    [
      'whose end is a call',
      (record, number) => {
        record(ASK | FLAG_REPLY | FLAG_FIRST, words(24, 0), words(number, 0), new Uint8Array(8))
        record(ASK | FLAG_CALL | FLAG_LAST, new Uint8Array(8))
      },
    ],
  ])('%s end the channel with CORRUPT, and the caller is told', async (_, attack) => {
    const { channel, record, callNumber } = openAlone()
    const asked = channel.request('ask', 1)
    attack(record, callNumber())
    await expect(asked).rejects.toMatchObject({ code: 'CORRUPT' })
    expect((await channel.closed).reason).toMatchObject({ code: 'CORRUPT' })
  })
})

describe('calls', () => {
  it('of unknown types, or with a payload that is none, are answered with a failure', async () => {
    const { channel, record, callNumber } = openAlone()
    let asked = 0
    channel.handle('ask', () => asked++)
    record(4711 | FLAG_CALL | WHOLE, words(5, 0))
    record(ASK | FLAG_CALL | WHOLE, words(6, 9), new TextEncoder().encode('{'))
    record(ASK | FLAG_CALL | WHOLE, words(6, 9), json(1)) // a number twice, and a status that nobody reads
    await until(() => channel.stats().sentMessages === 3)
    expect([callNumber(), callNumber(), callNumber()]).toEqual([5, 6, 6])
    expect(asked).toBe(1)
    expect(channel.state).toBe('open')
  })

  it('and replies may be anything: they are taken, or end the channel with a reason', async () => {
    const flags = fc.constantFrom(FLAG_CALL, FLAG_REPLY, FLAG_CALL | FLAG_REPLY, 0)
    const ends = fc.constantFrom(WHOLE, FLAG_FIRST, FLAG_LAST, 0)
    const made = fc.record({ id: fc.nat(5), flags, ends, payload: fc.array(fc.nat(20), { maxLength: 6 }) })
    vi.spyOn(console, 'warn').mockReturnValue()
    const codes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(made, { minLength: 1, maxLength: 20 }), async (records) => {
        const [link, peer] = memoryLinks()
        const channel = new SharedChannel(link, Ask, { closeTimeout: 0 })
        channel.onError((error) => expect(error).toBeInstanceOf(Error))
        for (const name of ['ask', 'echo', 'look'] as const) channel.handle(name, () => 'x' as unknown as Uint8Array)
        channel.on('note', () => {})
        const asked = channel.request('ask', 1).catch((error: unknown) => error)
        const out = new RingWriter(link.memory, readLayout(link.memory)[1], 1)
        for (const { id, flags, ends, payload } of records) {
          const offset = out.tryReserve(payload.length * 4)
          if (offset < 0) break
          out.bytes.set(words(...payload), offset)
          out.commit(payload.length * 4, id | flags | ends)
        }
        peer.wakePeer()
        await turn()
        await turn()
        if (channel.state === 'open') codes.add('open')
        const { reason } = await channel.close({ discard: true })
        if (reason !== undefined) codes.add(reason.code)
        const answer = await asked
        if (answer instanceof Error && !(answer instanceof SyntaxError))
          expect(answer).toBeInstanceOf(SharedChannelError)
      }),
      { numRuns: 300, seed: 2311 },
    )
    expect(codes).toEqual(new Set(['open', 'CORRUPT']))
  })
})

it('a call that was answered leaves nothing behind', async () => {
  const { a, b } = openCalls()
  b.handle('ask', () => ({ large: 'answer' }))
  const answers: WeakRef<object>[] = []
  for (let i = 0; i < 10; i++) answers.push(new WeakRef((await a.request('ask', i)) as object))
  await turns()
  collectGarbage()
  await turns()
  collectGarbage()
  expect(answers.filter((answer) => answer.deref() !== undefined).length).toBeLessThan(5)
})
