// A process that opens links to a thread of its own: does what its first argument says, and tells its parent.
import { Worker } from 'node:worker_threads'
import { SharedChannel, workerLink } from '../../src/index.ts'
import { Work } from '../helpers/work.ts'

const [task = '', workerPath = ''] = process.argv.slice(2)
const worker = new Worker(workerPath, { workerData: 'serve' })
const open = async () => new SharedChannel(await workerLink(worker), Work)

const tasks: Record<string, () => Promise<void>> = {
  /** Ends by itself, although a channel is open on both sides. */
  unref: async () => {
    const channel = await open()
    channel.on('told', () => {})
    worker.unref()
    channel.unref()
  },
  /** Lives for as long as the channel has a consumer. */
  ref: async () => {
    worker.unref()
    const channel = await open()
    const stop = channel.on('told', () => {})
    setTimeout(() => {
      process.send?.('still here')
      stop()
    }, 300).unref()
  },
  /** Opening a link is waited for too. */
  opening: async () => {
    worker.unref()
    await open()
    process.send?.('opened')
  },
  /** What needs no `Atomics.waitAsync`: told by who started this with it taken away. */
  talk: async () => {
    const channel = await open()
    for (let i = 0; i < 100; i++) if ((await channel.request('double', i)) !== 2 * i) throw new Error('a wrong answer')
    const size = 100_000
    let came = 0
    channel.on('data', () => came++)
    const answer = channel.request('exchange', { parts: 100, size })
    for (let i = 0; i < 100; i++) if (!channel.send('data', new Uint8Array(size))) await channel.ready
    await answer
    const { reason } = await channel.close()
    await worker.terminate()
    process.send?.(`${'waitAsync' in Atomics}, ${came} came, ${reason?.code ?? 'in order'}`)
  },
}
await tasks[task]?.()
