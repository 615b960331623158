// Terminates a worker while a native thread writes into the segment of its channel.
//   terminate <kind> <what the plugin does>
import { parentPort, Worker } from 'node:worker_threads'
import { SharedChannel, segmentSize } from '@shared-channel/core'
import { pluginPath } from '@shared-channel/test-plugins'
import { allocate, type MemoryKind } from '../../../../packages/native/lib/memory.ts'
import { openPluginOver } from '../../../../packages/native/lib/plugin.ts'
import { collectGarbage, makeCanaries, spoiledCanaries } from '../helpers/garbage.ts'
import { segmentDescriptors, segmentMappings, threadsNamed } from '../helpers/process.ts'
import { Data } from '../helpers/protocols.ts'

const CAPACITY = 1 << 17
const SIZE = segmentSize(CAPACITY, CAPACITY)
const ROUNDS = 3

const [kind, writing] = process.argv.slice(2) as [MemoryKind, string]

if (parentPort === null) await terminateWorkers()
else await writeInWorker()

async function terminateWorkers(): Promise<void> {
  let spoiled = 0
  for (let round = 0; round < ROUNDS; round++) {
    await terminateWorker()
    await collectGarbage()
    const canaries = makeCanaries(SIZE)
    await collectGarbage()
    spoiled += spoiledCanaries(canaries)
  }
  console.log(
    JSON.stringify({
      spoiled,
      threads: threadsNamed(/^(sc:|shared-channel)/).length,
      mappings: segmentMappings().length,
      descriptors: segmentDescriptors().length,
    }),
  )
}

async function terminateWorker(): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { argv: [kind, writing] })
  const shared = await new Promise<ArrayBufferLike>((resolve) => worker.once('message', resolve))
  await worker.terminate()
  // Shared memory outlives its worker where somebody else has it.
  const view = new Uint8Array(shared)
  for (let i = 0; i < view.byteLength; i += 4096) view[i] = (view[i] ?? 0) + 1
}

async function writeInWorker(): Promise<void> {
  const plugin = await openPluginOver(() => allocate(kind, SIZE), pluginPath('flood'), {
    sendCapacity: CAPACITY,
    receiveCapacity: CAPACITY,
    options: writing,
  })
  const channel = new SharedChannel(plugin, Data)
  const { memory } = plugin
  const tell = () => parentPort?.postMessage(memory instanceof SharedArrayBuffer ? memory : new ArrayBuffer(0))
  let received = 0
  channel.on('data', () => {
    if (++received === 100) tell()
  })
  if (writing === 'scribble') tell()
}
