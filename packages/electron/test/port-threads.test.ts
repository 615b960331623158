// The two ends in two threads, at the same time.
import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type CountingOptions, type CountingResult, countingEnd } from './helpers/counting.ts'
import { startThread } from './helpers/threads.ts'

async function run(options: CountingOptions, far: Partial<CountingOptions> = {}) {
  const { port1, port2 } = new MessageChannel()
  const thread = await startThread('counting-end', port2, { side: 1, options: { ...options, ...far } })
  const farResult = once(thread, 'message').then(([result]) => result as CountingResult)
  const near = countingEnd(port1, 0, options)
  return { thread, near, results: Promise.all([near.result, farResult]) }
}

it.each([
  { capacity: 4096, count: 20_000, largest: 100 },
  { capacity: 65536, count: 20_000, largest: 3000 },
  { capacity: 65536, count: 300, largest: 300_000 },
])(
  'flood each other: $count messages of up to $largest bytes',
  async (options) => {
    const { results } = await run({ ...options, closeTimeout: 10_000 }, { closesAfter: options.count })
    const [near, far] = await results
    const all = { sent: options.count, received: options.count, inOrder: true, unconsumed: 0, code: undefined }
    // The one may have closed before the other had sent everything.
    expect(near).toMatchObject({ sent: options.count, inOrder: true, unconsumed: 0 })
    expect(far).toMatchObject({ ...all, sent: near.received })
  },
  30_000,
)

it('close at any moment: each gets what the other sent', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ near: fc.nat(400), far: fc.nat(400), largest: fc.constantFrom(20, 500, 9000) }),
      async ({ near, far, largest }) => {
        const options = { capacity: 4096, count: 1e9, largest, closeTimeout: 10_000 }
        const { results } = await run({ ...options, closesAfter: near + 1 }, { closesAfter: far + 1 })
        const [here, there] = await results
        expect(here).toEqual({
          sent: there.received,
          received: there.sent,
          inOrder: true,
          unconsumed: 0,
          code: undefined,
        })
        expect(there).toEqual({
          sent: here.received,
          received: here.sent,
          inOrder: true,
          unconsumed: 0,
          code: undefined,
        })
      },
    ),
    { numRuns: 20 },
  )
}, 60_000)

it('a link that nobody waits at lets its thread end', async () => {
  const { port1, port2 } = new MessageChannel()
  const options: CountingOptions = { capacity: 4096, count: 0, largest: 20 }
  const near = countingEnd(port1, 0, { ...options, closeTimeout: 200 })
  const thread = await startThread('leaving-end', port2, { side: 1, options })
  await once(thread, 'exit')
  expect((await near.result).code).toBe('PEER_LOST')
})

it('one is terminated: the other has PEER_LOST, and counts what was lost', async () => {
  const { thread, near } = await run({ capacity: 4096, count: 1e9, largest: 500, closeTimeout: 200 })
  while (near.channel.stats().receivedMessages < 100) await new Promise(setImmediate)
  await thread.terminate()
  const { code, inOrder, sent, unconsumed } = await near.result
  expect({ code, inOrder }).toEqual({ code: 'PEER_LOST', inOrder: true })
  expect(unconsumed).toBeGreaterThan(0)
  expect(unconsumed).toBeLessThanOrEqual(sent)
})
