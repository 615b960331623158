import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { bytes, json, text } from '../src/codec.ts'
import { defineProtocol, flip } from '../src/protocol.ts'
import { pattern } from './helpers/bytes.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { turn } from './helpers/wait.ts'

const Both = defineProtocol({
  both: {
    data: { id: 1, codec: bytes() },
    note: { id: 2, codec: text() },
    value: { id: 3, codec: json<unknown>() },
    seen: { id: 4, codec: bytes({ view: true }) },
    echo: { id: 5, codec: bytes({ view: true }), reply: bytes() },
  },
})
type End = SharedChannel<typeof Both>

const NAMES = ['data', 'seen', 'note', 'value'] as const
const WAYS = ['send', 'send', 'trySend', 'sendDirect', 'give up', 'reserve', 'abort', 'request'] as const
const message = fc.record({
  way: fc.constantFrom(...WAYS),
  name: fc.constantFrom(...NAMES),
  size: fc.oneof(fc.nat(40), fc.nat(3000), fc.nat(20_000)),
  seed: fc.nat(255),
})
type Made = typeof message extends fc.Arbitrary<infer T> ? T : never
const step = fc.record({
  from: fc.constantFrom('a' as const, 'b' as const),
  burst: fc.array(message, { maxLength: 12 }),
  turns: fc.nat(2),
  waits: fc.boolean(),
})

function payloadOf({ name, size, seed }: Made): unknown {
  if (name === 'note') return String.fromCharCode(65 + (seed % 26)).repeat(size % 500)
  if (name === 'value') return { size, seed }
  return pattern(size, seed)
}

/** Short, comparable, and taken while a view is valid. */
const digest = (name: string, payload: unknown): string =>
  `${name} ${payload instanceof Uint8Array ? Buffer.from(payload).toString('base64') : JSON.stringify(payload)}`

/** One end at work: what it has sent, in order, and what is still open. */
class Sending {
  /** What must arrive. Of a `sendDirect` that may be given up it is known at the end only: a place that it fills or not. */
  readonly accepted: { digest: string; arrives: boolean }[] = []
  readonly open: Promise<unknown>[] = []
  readonly ways = new Set<string>()
  readonly #end: End
  #finishSlot: (() => void) | undefined
  #patience = new AbortController()

  constructor(end: End) {
    this.#end = end
  }

  /** Sends a message in its way. Returns whether to go on at once. */
  send(made: Made): boolean {
    const { way, size, seed } = made
    const name = made.name as 'value' // the types of the payloads go with the names, which are random here
    const payload = payloadOf(made)
    const place = { digest: digest(name, payload), arrives: true }
    if (way === 'send') {
      this.accepted.push(place)
      return this.#end.send(name, payload)
    }
    if (way === 'trySend') {
      if (size > 2000 || !this.#end.trySend(name, payload)) return true
      this.accepted.push(place)
    } else if (way === 'sendDirect' || way === 'give up') {
      this.accepted.push(place)
      const { signal } = this.#patience
      const options = way === 'sendDirect' ? {} : seed % 2 === 0 ? { signal } : { timeout: seed % 3 }
      const done = this.#end.sendDirect(name, payload, options).catch((error: { code: unknown; name: string }) => {
        expect(['TIMEOUT', 'AbortError']).toContain(error.name === 'AbortError' ? error.name : error.code)
        this.ways.add('given up')
        place.arrives = false
      })
      this.open.push(done)
    } else if (way === 'request') {
      const asked = pattern(size, seed)
      this.accepted.push({ digest: digest('echo', asked), arrives: true })
      const answered = this.#end.request('echo', asked).then((answer) => {
        expect(digest('echo', answer)).toBe(digest('echo', asked))
      })
      this.open.push(answered)
    } else {
      return this.#reserve(way, size % 2000, seed)
    }
    this.ways.add(way)
    return true
  }

  /** The slot stays open until the next message, so that others come while it is. */
  finishSlot(): void {
    this.#finishSlot?.()
    this.#finishSlot = undefined
  }

  /** What may be given up and waits still is given up now. */
  losePatience(): void {
    this.#patience.abort()
    this.#patience = new AbortController()
  }

  #reserve(way: 'reserve' | 'abort', size: number, seed: number): boolean {
    const slot = this.#end.reserve('data', size)
    if (slot === null) return true
    this.ways.add(way)
    if (way === 'abort') {
      slot.bytes.fill(seed)
      this.#finishSlot = () => slot.abort()
    } else {
      slot.bytes.set(pattern(size, seed))
      const length = size - (seed % 8 < size ? seed % 8 : 0)
      this.accepted.push({ digest: digest('data', pattern(size, seed).subarray(0, length)), arrives: true })
      this.#finishSlot = () => slot.commit(length)
    }
    return true
  }
}

const seenWays = new Set<string>()

it('every message that was accepted arrives once and in order, whatever is sent, in whichever way, from whichever end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(4096, 8192, 65536),
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      async (capacity, steps, iterates) => {
        const [linkA, linkB] = memoryLinks(capacity, 4096)
        const ends = { a: new SharedChannel(linkA, Both), b: new SharedChannel(linkB, flip(Both)) }
        const sending = { a: new Sending(ends.a), b: new Sending(ends.b) }
        const received: Record<'a' | 'b', string[]> = { a: [], b: [] }
        const iterate = async () => {
          for await (const { type, data } of ends.b) received.b.push(digest(type, data))
        }
        for (const side of ['a', 'b'] as const) {
          ends[side].handle('echo', (data) => {
            // A loop gets its messages later than handlers of calls do: their order is the others' only.
            if (side === 'a' || !iterates) received[side].push(digest('echo', data))
            return data
          })
          if (side === 'b' && iterates) continue
          for (const name of NAMES) ends[side].on(name, (data: unknown) => received[side].push(digest(name, data)))
        }
        const iterated = iterates ? iterate() : Promise.resolve()

        for (const { from, burst, turns, waits } of steps) {
          for (const made of burst) {
            const accepted = sending[from].send(made)
            if (made.seed % 2 === 0) sending[from].finishSlot()
            if (!accepted && waits) {
              sending[from].finishSlot()
              await ends[from].ready
            }
          }
          for (let i = 0; i < turns; i++) await turn()
          sending[from].finishSlot()
          sending[from].losePatience()
        }

        await Promise.all([ends.a.flush(), ends.b.flush()])
        await Promise.all([...sending.a.open, ...sending.b.open])
        expect(await ends.a.close()).toEqual({ unconsumed: 0 })
        expect(await ends.b.closed).toEqual({ unconsumed: 0 })
        await iterated
        for (const [from, to] of [
          ['a', 'b'],
          ['b', 'a'],
        ] as const) {
          const arrived = sending[from].accepted.filter(({ arrives }) => arrives).map(({ digest }) => digest)
          const expected = to === 'b' && iterates ? arrived.filter((digest) => !digest.startsWith('echo')) : arrived
          expect(received[to]).toEqual(expected)
          for (const way of sending[from].ways) seenWays.add(way)
        }
      },
    ),
    { numRuns: 500, seed: 2311 },
  )
  // Each was really there.
  for (const way of ['trySend', 'sendDirect', 'given up', 'reserve', 'abort', 'request'])
    expect(seenWays).toContain(way)
}, 30_000)
