// Buffers by the thousand; then tells what is left of them, and whether memory has grown.
//   buffer-cycles posted | terminated
import { once } from 'node:events'
import { isMainThread, MessageChannel, parentPort, Worker } from 'node:worker_threads'
import { createSharedBuffer, postSharedBuffer, SharedBufferReceiver } from '@shared-channel/native'
import { collectGarbage } from '../helpers/garbage.ts'
import { whatIsLeft } from '../helpers/left.ts'

const SIZE = 65536
const WARM_UP = 1000
const CYCLES = 10_000
const WORKERS = 30
const MOST_GROWTH = 16 << 20

const ways: Record<string, (times: number) => Promise<void>> = {
  posted: postAndRelease,
  terminated: terminateWhileMapped,
}

if (isMainThread) await measure(process.argv[2] as string)
else holdForEver()

async function measure(what: string): Promise<void> {
  const way = ways[what] as (times: number) => Promise<void>
  await way(WARM_UP)
  await collectGarbage()
  const before = process.memoryUsage().rss
  await way(CYCLES)
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
