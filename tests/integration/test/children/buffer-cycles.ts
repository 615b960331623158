// Buffers by the thousand; then tells what is left of them, and whether memory has grown.
//   buffer-cycles closed | collected | posted | terminated | pool <cycles>
import { once } from 'node:events'
import { isMainThread, MessageChannel, parentPort, Worker } from 'node:worker_threads'
import {
  createSharedBuffer,
  openSharedBuffer,
  postSharedBuffer,
  SharedBufferPool,
  SharedBufferReceiver,
} from '@shared-channel/native'
import { collectGarbage } from '../helpers/garbage.ts'
import { whatIsLeft } from '../helpers/left.ts'

const SIZE = 65536
const POOLED_SIZE = 1 << 20
const WARM_UP = 4000
const WORKERS = 30
/** The engine's own heap takes some rounds to settle; what leaks grows in each. */
const ROUNDS = 4
const MOST_GROWTH = 16 << 20

const ways: Record<string, (times: number) => Promise<void>> = {
  closed: createAndClose,
  collected: createAndForget,
  posted: postAndRelease,
  terminated: terminateWhileMapped,
  pool: recycle,
}

if (isMainThread) await measure(process.argv[2] as string, Number(process.argv[3]))
else holdForEver()

async function measure(what: string, cycles: number): Promise<void> {
  const way = ways[what] as (times: number) => Promise<void>
  await way(WARM_UP)
  await collectGarbage()
  let grown = true
  for (let round = 0; round < ROUNDS && grown; round++) {
    const before = process.memoryUsage().rss
    await way(cycles / ROUNDS)
    await collectGarbage()
    grown = process.memoryUsage().rss - before > MOST_GROWTH / ROUNDS
  }
  console.log(JSON.stringify({ ...(await whatIsLeft()), grown }))
}

async function createAndClose(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const buffer = createSharedBuffer(SIZE * (1 + (i % 3)))
    if (buffer.bytes[0] !== 0) throw new Error('the buffer is not zeroed')
    buffer.bytes.fill(1)
    const opened = openSharedBuffer(buffer.handle, { access: i % 2 === 0 ? 'read-only' : 'read-write' })
    buffer.close()
    if (opened.bytes[SIZE - 1] !== 1) throw new Error('the opened buffer is not the same')
    opened.close()
  }
}

/** Nobody closes them. Every other one is looked at again while others are collected: what is in use stays mapped. */
async function createAndForget(times: number): Promise<void> {
  const kept: Uint8Array[] = []
  for (let i = 0; i < times; i++) {
    const { bytes } = createSharedBuffer(SIZE)
    bytes.fill(i)
    if (i % 2 === 0) kept.push(bytes)
    if (i % 100 < 99) continue
    await collectGarbage()
    const isRight = kept.splice(0).every((view, k) => view.every((byte) => byte === ((i - 99 + 2 * k) & 255)))
    if (!isRight) throw new Error('a view has lost its memory')
  }
}

async function postAndRelease(times: number): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const receiver = new SharedBufferReceiver(port2)
  receiver.addEventListener('sharedbufferreceived', (event) => {
    if (event.bytes[0] !== 1) throw new Error('the buffer is not the one that was posted')
    receiver.releaseBuffer(event)
  })
  for (let i = 0; i < times; i++) {
    const buffer = createSharedBuffer(SIZE)
    buffer.bytes[0] = 1
    const { released } = postSharedBuffer(port1, buffer)
    buffer.close()
    await released
  }
  receiver.close()
  port1.close()
}

/** Some buffers are under way at the same time. */
async function recycle(times: number): Promise<void> {
  const pool = new SharedBufferPool({ size: POOLED_SIZE })
  const { port1, port2 } = new MessageChannel()
  const receiver = new SharedBufferReceiver(port2)
  receiver.addEventListener('sharedbufferreceived', (event) => {
    const { bytes } = event
    if (bytes[0] !== 1 || bytes[POOLED_SIZE - 1] !== 0) throw new Error('the buffer has what another one had')
    receiver.releaseBuffer(event)
  })
  for (let i = 0; i < times; i += 4) {
    const posts = Array.from({ length: 4 }, () => {
      const buffer = pool.acquire()
      if (buffer.bytes[0] !== 0) throw new Error('the buffer was not zeroed')
      buffer.bytes[0] = 1
      const posted = postSharedBuffer(port1, buffer)
      buffer.close()
      return posted.released
    })
    await Promise.all(posts)
  }
  receiver.close()
  port1.close()
  pool.close()
}

/** A few workers at a time; each gets its share of the buffers and is terminated with all of them mapped. */
async function terminateWhileMapped(times: number): Promise<void> {
  const perWorker = Math.ceil(times / 100 / WORKERS)
  for (let i = 0; i < WORKERS; i++) {
    const worker = new Worker(new URL(import.meta.url))
    await once(worker, 'message')
    const posts = Array.from({ length: perWorker }, () => {
      const buffer = createSharedBuffer(SIZE)
      const posted = postSharedBuffer(worker, buffer, { access: 'read-write' })
      buffer.close()
      return posted
    })
    await Promise.all(posts.map(({ received }) => received))
    await worker.terminate()
    await Promise.all(posts.map(({ released }) => released))
  }
}

function holdForEver(): void {
  const held: unknown[] = []
  if (parentPort === null) return
  const receiver = new SharedBufferReceiver(parentPort)
  receiver.addEventListener('sharedbufferreceived', (event) => {
    event.bytes.fill(7)
    held.push(event)
  })
  parentPort.postMessage('ready')
}
