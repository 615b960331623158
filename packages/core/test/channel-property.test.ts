import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { flip } from '../src/protocol.ts'
import { pattern } from './helpers/bytes.ts'
import { Talk } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { turn } from './helpers/wait.ts'

const NAMES = ['data', 'seen', 'note', 'value'] as const
const message = fc.record({
  name: fc.constantFrom(...NAMES),
  size: fc.oneof(fc.nat(40), fc.nat(3000), fc.nat(20_000)),
  seed: fc.nat(255),
})
const step = fc.record({
  from: fc.constantFrom('a' as const, 'b' as const),
  burst: fc.array(message, { maxLength: 12 }),
  turns: fc.nat(2),
  waits: fc.boolean(),
})

function payloadOf(name: (typeof NAMES)[number], size: number, seed: number): unknown {
  if (name === 'note') return String.fromCharCode(65 + (seed % 26)).repeat(size % 500)
  if (name === 'value') return { size, seed }
  return pattern(size, seed)
}

/** Short, comparable, and taken while a view is valid. */
const digest = (name: string, payload: unknown): string =>
  `${name} ${payload instanceof Uint8Array ? Buffer.from(payload).toString('base64') : JSON.stringify(payload)}`

it('every message arrives once and in order, whatever is sent, from whichever end, and however the ends take turns', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(4096, 8192, 65536),
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      async (capacity, steps, iterates) => {
        const [linkA, linkB] = memoryLinks(capacity, 4096)
        const ends = { a: new SharedChannel(linkA, Talk), b: new SharedChannel(linkB, flip(Talk)) }
        const sent: Record<'a' | 'b', string[]> = { a: [], b: [] }
        const received: Record<'a' | 'b', string[]> = { a: [], b: [] }
        const iterate = async () => {
          for await (const { type, data } of ends.b) received.b.push(digest(type, data))
        }
        for (const name of NAMES) {
          ends.a.on(name, (data: unknown) => received.a.push(digest(name, data)))
          if (!iterates) ends.b.on(name, (data: unknown) => received.b.push(digest(name, data)))
        }
        const iterated = iterates ? iterate() : Promise.resolve()

        for (const { from, burst, turns, waits } of steps) {
          for (const { name, size, seed } of burst) {
            const payload = payloadOf(name, size, seed)
            const accepted = ends[from].send(name as 'value', payload)
            sent[from].push(digest(name, payload))
            if (!accepted && waits) await ends[from].ready
          }
          for (let i = 0; i < turns; i++) await turn()
        }

        await Promise.all([ends.a.ready, ends.b.ready])
        expect(await ends.a.close()).toEqual({ unconsumed: 0 })
        expect(await ends.b.closed).toEqual({ unconsumed: 0 })
        await iterated
        expect(received.b).toEqual(sent.a)
        expect(received.a).toEqual(sent.b)
      },
    ),
    { numRuns: 150 },
  )
}, 30_000)
