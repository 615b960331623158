// Opens, uses, closes, drops and terminates in random order, then tells what is left of it all.
//   lifetime <seed> <steps>
import { parentPort, Worker } from 'node:worker_threads'
import { SharedChannel } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { whatIsLeft } from '../helpers/left.ts'
import { Data } from '../helpers/protocols.ts'
import { turn } from '../helpers/wait.ts'

const PLUGINS = ['echo', 'flood', 'measure'] as const
const CAPACITY = 32768

const [seed, steps] = process.argv.slice(2).map(Number) as [number, number]
let random = seed
/** An integer from 0 to below `limit`, the same for the same seed. */
function upTo(limit: number): number {
  random = (Math.imul(random, 1664525) + 1013904223) >>> 0
  return Math.floor((random / 2 ** 32) * limit)
}

const channels = new Set<SharedChannel<Data>>()
const workers = new Set<Worker>()
const counts: Record<string, number> = {}

if (parentPort === null) await live()
else await liveInWorker()

async function live(): Promise<void> {
  for (let step = 0; step < steps; step++) await act()
  await Promise.all([...workers].map((worker) => worker.terminate()))
  await Promise.all([...channels].map((channel) => channel.close()))
  channels.clear()
  console.log(JSON.stringify({ counts, ...(await whatIsLeft()) }))
}

/** One random thing. */
async function act(): Promise<void> {
  const actions: Record<string, () => unknown> = {
    open: async () => channels.add(await openChannel()),
    use: () => pick(channels)?.send('data', new Uint8Array(upTo(3 * CAPACITY))),
    wait: turn,
    close: () => take(channels)?.close(),
    closeWithoutWaiting: () => void take(channels)?.close(),
    closeTwice: () => {
      const channel = take(channels)
      return Promise.all([channel?.close(), channel?.close()])
    },
    startWorker,
    terminate: () => take(workers)?.terminate(),
    terminateWithoutWaiting: () => void take(workers)?.terminate(),
    fail: () => openPlugin(pluginPath('missing')).catch(() => {}),
  }
  const names = Object.keys(actions)
  const name = names[upTo(names.length)] ?? ''
  if (name === 'startWorker' && workers.size >= 3) return
  counts[name] = (counts[name] ?? 0) + 1
  await actions[name]?.()
}

async function openChannel(): Promise<SharedChannel<Data>> {
  const name = PLUGINS[upTo(PLUGINS.length)] ?? 'echo'
  const plugin = await openPlugin(pluginPath(name), { sendCapacity: CAPACITY, receiveCapacity: CAPACITY })
  const channel = new SharedChannel(plugin, Data, { closeTimeout: 20 })
  channel.onError(() => {})
  if (upTo(2) === 0) channel.on('data', () => {})
  return channel
}

async function startWorker(): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { argv: [`${upTo(2 ** 31)}`, `${steps}`] })
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
  if (upTo(2) === 0) await new Promise((resolve) => worker.once('message', resolve))
}

/** Opens some channels and goes on using them until it is terminated; one worker in three exits by itself. */
async function liveInWorker(): Promise<void> {
  const leaves = upTo(3) === 0
  for (let i = 0; i < 4; i++) channels.add(await openChannel())
  parentPort?.postMessage('open')
  for (let i = 0; !leaves || i < 20; i++) {
    pick(channels)?.send('data', new Uint8Array(upTo(CAPACITY)))
    await turn()
  }
  process.exit(0)
}

function pick<T>(set: Set<T>): T | undefined {
  return [...set][upTo(set.size)]
}

function take<T>(set: Set<T>): T | undefined {
  const one = pick(set)
  if (one !== undefined) set.delete(one)
  return one
}
