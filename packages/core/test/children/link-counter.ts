// Opens and ends 200 links, and tells what is left of them.
import { createHook } from 'node:async_hooks'
import { Worker } from 'node:worker_threads'
import { SharedChannel, workerLink } from '../../src/index.ts'
import { Work } from '../helpers/work.ts'

const [how = '', workerPath = ''] = process.argv.slice(2)
const start = (task: string) => new Worker(workerPath, { workerData: task })
const open = async (worker: Worker) => {
  const link = await workerLink(worker)
  memories.push(new WeakRef(link.memory))
  return new SharedChannel(link, Work)
}
const memories: WeakRef<ArrayBufferLike>[] = []

const ends: Record<string, (worker: Worker) => Promise<unknown>> = {
  'closed here': async (worker) => {
    const channel = await open(worker)
    channel.on('told', () => {})
    await channel.request('double', 1)
    return channel.close()
  },
  'closed there': async (worker) => {
    const channel = await open(worker)
    channel.send('order', 'close')
    return channel.closed
  },
  /** A worker for ten. */
  terminated: async (worker) => {
    const own = start('serve')
    const channels = await Promise.all(Array.from({ length: 10 }, () => open(own)))
    await own.terminate()
    await Promise.all(channels.map((channel) => channel.closed))
    return worker
  },
  'given up': (worker) => workerLink(worker, { timeout: 0 }).catch(() => {}),
  refused: (worker) => workerLink(worker, { name: 'throws' }).catch(() => {}),
}

/** Ports that do not hold the event loop are no active resources, and yet leak if nobody closes them. */
const ports = new Set<number>()
createHook({
  init: (id, type) => void (type === 'MESSAGEPORT' && ports.add(id)),
  destroy: (id) => void ports.delete(id),
}).enable()

const count = () => [...process.getActiveResourcesInfo(), ...Array.from(ports, () => 'MESSAGEPORT')].sort()
const worker = start(how === 'given up' ? 'nothing' : 'serve')
await new Promise((resolve) => worker.once('message', resolve))
await ends[how]?.(worker) // whatever is there once only
const before = { handles: count(), listeners: listeners() }
for (let i = 0; i < (how === 'terminated' ? 20 : 200); i++) await ends[how]?.(worker)

/** Handles are closed in a later turn of the event loop, and garbage is collected when the engine likes. */
let turns = 0
const isSettled = () =>
  count().join() === before.handles.join() && memories.every((memory) => memory.deref() === undefined)
while (!isSettled() && turns++ < 200) {
  await new Promise((resolve) => setTimeout(resolve, 10))
  globalThis.gc?.()
}

function listeners(): number {
  return worker.eventNames().reduce((sum, name) => sum + worker.listenerCount(name), 0)
}

const left = [...count()]
for (const handle of before.handles) if (left.includes(handle)) left.splice(left.indexOf(handle), 1)
process.send?.({
  handles: left,
  listeners: listeners() - before.listeners,
  collected: memories.every((memory) => memory.deref() === undefined),
})
await worker.terminate()
process.disconnect()
