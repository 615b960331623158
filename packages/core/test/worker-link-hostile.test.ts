// The other side writes over the segment: this side may be lied to, and nothing worse.
import { expect, it } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { BELL_OFFSET, HEADER_SIZE, SIDE_STRIDE, STATE_OFFSET } from '../src/layout.ts'
import { workerLink } from '../src/worker-link.ts'
import { pattern } from './helpers/bytes.ts'
import { until } from './helpers/wait.ts'
import { Work } from './helpers/work.ts'
import { startLinkWorker } from './helpers/worker-links.ts'

async function open() {
  const worker = await startLinkWorker()
  const link = await workerLink(worker, { sendCapacity: 4096, receiveCapacity: 4096 })
  const channel = new SharedChannel(link, Work, { closeTimeout: 20 })
  channel.on('data', () => {})
  channel.onError(() => {})
  const words = new Int32Array(link.memory)
  const ring = () => {
    Atomics.add(words, BELL_OFFSET / 4, 1)
    Atomics.notify(words, BELL_OFFSET / 4)
  }
  return { worker, channel, words, ring }
}

/** The same numbers each time. */
function* numbers(seed: number): Generator<number, never> {
  for (;;) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0
    yield seed
  }
}

it('garbage over everything ends the channel with a reason, or in order', async () => {
  for (let round = 0; round < 20; round++) {
    const { worker, channel, words, ring } = await open()
    const random = numbers(round)
    for (let i = 0; i < words.length; i++) words[i] = random.next().value
    ring()
    try {
      channel.send('data', pattern(1000)) // notices it, or not
    } catch (error) {
      expect(error).toMatchObject({ name: 'SharedChannelError' })
    }
    const { reason } = await channel.close()
    if (reason !== undefined) expect(['CORRUPT', 'PEER_LOST', 'TIMEOUT']).toContain(reason.code)
    await worker.terminate()
  }
})

it('an impossible state of the other side is corrupt', async () => {
  const { channel, words, ring } = await open()
  Atomics.store(words, (STATE_OFFSET + SIDE_STRIDE) / 4, 99)
  ring()
  expect(await channel.closed).toMatchObject({ reason: { code: 'CORRUPT' } })
})

it('rings without end leave the event loop its turns', async () => {
  const { worker, channel, words } = await open()
  const busy = `const words = new Int32Array(require('node:worker_threads').workerData)
    for (;;) Atomics.add(words, ${BELL_OFFSET / 4}, 1), Atomics.notify(words, ${BELL_OFFSET / 4})`
  const { Worker } = await import('node:worker_threads')
  const ringer = new Worker(busy, { eval: true, workerData: words.buffer })
  const { wakeUps } = channel.stats()
  await until(() => channel.stats().wakeUps > wakeUps + 1000) // by turns of the event loop
  expect(await channel.request('double', 4)).toBe(8)
  await ringer.terminate()
  await worker.terminate()
})

it('a peer that writes over its own header is not believed again', async () => {
  const { channel, words } = await open()
  for (let i = 0; i < 32; i++) words[i] = -1 // the part that is read once, at the start
  expect(await channel.request('double', 4)).toBe(8)
  expect(words.byteLength).toBeGreaterThan(HEADER_SIZE)
})
