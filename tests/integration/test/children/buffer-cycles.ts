// Buffers by the thousand; then tells what is left of them, and whether memory has grown.
//   buffer-cycles posted | terminated | pool <cycles>
import { once } from 'node:events'
import { isMainThread, MessageChannel, parentPort, Worker } from 'node:worker_threads'
import { createSharedBuffer, postSharedBuffer, SharedBufferPool, SharedBufferReceiver } from '@shared-channel/native'
import { collectGarbage } from '../helpers/garbage.ts'
import { whatIsLeft } from '../helpers/left.ts'

const SIZE = 65536
const POOLED_SIZE = 1 << 20
const WARM_UP = 4000
const WORKERS = 30
/** The engine's own heap settles only after tens of thousands of cycles, some 10 MiB above where it began. */
const MOST_GROWTH = 32 << 20

const ways: Record<string, (times: number) => Promise<void>> = {
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
  const before = process.memoryUsage().rss
  await way(cycles)
  await collectGarbage()
  const grown = process.memoryUsage().rss - before > MOST_GROWTH
  console.log(JSON.stringify({ ...(await whatIsLeft()), grown }))
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
