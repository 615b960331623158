// Whatever is sent, in whichever way, and whenever either side closes.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type End, openPair, pattern, turn } from './helpers/ends.ts'

const message = fc.record({
  way: fc.constantFrom('send', 'send', 'trySend', 'sendDirect', 'give up', 'reserve', 'abort', 'request'),
  size: fc.oneof(fc.nat(40), fc.nat(3000), fc.nat(20_000)),
  seed: fc.nat(255),
})
type Made = typeof message extends fc.Arbitrary<infer T> ? T : never
const step = fc.record({
  from: fc.constantFrom('a' as const, 'b' as const),
  burst: fc.array(message, { maxLength: 12 }),
  turns: fc.nat(3),
})
const steps = fc.array(step, { minLength: 1, maxLength: 12 })

const digest = (data: Uint8Array): string => Buffer.from(data).toString('base64')

/** One end at work. */
class Talker {
  readonly received: string[] = []
  /** What the end accepted, in order. Of a direct message it is known at the end only whether it arrives. */
  readonly accepted: { digest: string; arrives: boolean }[] = []
  readonly open: Promise<unknown>[] = []
  readonly #end: End

  constructor(end: End) {
    this.#end = end
    const hear = (data: Uint8Array) => void this.received.push(digest(data))
    end.on('data', hear)
    end.on('seen', hear)
    end.handle('echo', (data) => {
      hear(data)
      return data
    })
    end.onError(() => {})
  }

  /** What of it arrives, if anything is lost only at the end. */
  get sent(): string[] {
    return this.accepted.filter(({ arrives }) => arrives).map(({ digest }) => digest)
  }

  say({ way, size, seed }: Made): void {
    const end = this.#end
    const data = pattern(size, seed)
    const place = { digest: digest(data), arrives: true }
    if (way === 'send') {
      end.send(seed % 2 === 0 ? 'data' : 'seen', data)
      this.accepted.push(place)
    } else if (way === 'trySend') {
      if (size <= 2000 && end.trySend('data', data)) this.accepted.push(place)
    } else if (way === 'reserve' || way === 'abort') {
      this.#reserve(way, size % 2000, seed)
    } else {
      this.accepted.push(place)
      const done: Promise<unknown> =
        way === 'request'
          ? end.request('echo', data).then((answer) => expect(digest(answer)).toBe(place.digest))
          : end.sendDirect('data', data, way === 'give up' ? { timeout: seed % 3 } : {})
      // A request that is rejected at the end may have been sent.
      const failed = () => {
        place.arrives = way === 'request'
      }
      this.open.push(done.catch(failed))
    }
  }

  #reserve(way: 'reserve' | 'abort', size: number, seed: number): void {
    const slot = this.#end.reserve('data', size)
    if (slot === null) return
    slot.bytes.set(pattern(size, seed))
    if (way === 'abort') {
      slot.abort()
    } else {
      slot.commit(size >> 1)
      this.accepted.push({ digest: digest(pattern(size, seed).subarray(0, size >> 1)), arrives: true })
    }
  }
}

it('every message that was accepted arrives once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(4096, 16384, 65536), steps, async (capacity, steps) => {
      const ends = openPair(capacity)
      const talkers = { a: new Talker(ends.a), b: new Talker(ends.b) }
      for (const { from, burst, turns } of steps) {
        for (const made of burst) talkers[from].say(made)
        for (let i = 0; i < turns; i++) await turn()
      }
      await Promise.all([ends.a.flush(), ends.b.flush()])
      await Promise.all([...talkers.a.open, ...talkers.b.open])
      expect(await ends.a.close()).toEqual({ unconsumed: 0 })
      expect(await ends.b.closed).toEqual({ unconsumed: 0 })
      expect(talkers.b.received).toEqual(talkers.a.sent)
      expect(talkers.a.received).toEqual(talkers.b.sent)
    }),
    { numRuns: 200 },
  )
}, 60_000)

const ending = fc.record({
  by: fc.constantFrom('a', 'b', 'both'),
  how: fc.constantFrom('close', 'discard', 'link', 'lost'),
  turns: fc.nat(2),
})

it('at whichever moment it ends, nothing comes twice or out of order, and nothing is lost without being counted', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(steps, ending, async (steps, { by, how, turns }) => {
      const { a, b, links } = openPair(4096)
      const talkers = { a: new Talker(a), b: new Talker(b) }
      for (const { from, burst, turns } of steps) {
        for (const made of burst) talkers[from].say(made)
        for (let i = 0; i < turns; i++) await turn()
      }
      const ways = {
        close: (side: 0 | 1) => [a, b][side]?.close(),
        discard: (side: 0 | 1) => [a, b][side]?.close({ discard: true }),
        link: (side: 0 | 1) => links[side].close(),
        lost: (side: 0 | 1) => links[side].lost(),
      }
      if (by !== 'b') void ways[how](0)
      for (let i = 0; i < turns; i++) await turn()
      if (by !== 'a') void ways[how](1)
      const ended = await Promise.all([a.closed, b.closed])
      await Promise.all([...talkers.a.open, ...talkers.b.open])
      for (const [from, to, { unconsumed }] of [
        [talkers.a, talkers.b, ended[0]],
        [talkers.b, talkers.a, ended[1]],
      ] as const) {
        const { sent } = from
        expect(to.received).toEqual(sent.slice(0, to.received.length))
        expect(to.received.length + unconsumed).toBeGreaterThanOrEqual(sent.length)
        if (how === 'close') expect([unconsumed, to.received.length]).toEqual([0, sent.length])
        if (unconsumed > 0) seen.add(how)
      }
    }),
    { numRuns: 400 },
  )
  // There was something to lose.
  expect([...seen].sort()).toEqual(['discard', 'link', 'lost'])
}, 60_000)
