// Takes memory away from under a channel while a native thread writes into its segment. A crash is a failed test.
//   memory-fault <kind> <fault> <what the plugin does>
import { SharedChannel, segmentSize } from '@shared-channel/core'
import { pluginPath } from '@shared-channel/test-plugins'
import { allocate, type MemoryKind } from '../../../../packages/native/lib/memory.ts'
import { openPluginOver } from '../../../../packages/native/lib/plugin.ts'
import { collectGarbage, makeCanaries, spoiledCanaries } from '../helpers/garbage.ts'
import { cpuTicks, threadsNamed } from '../helpers/process.ts'
import { Data } from '../helpers/protocols.ts'
import { turn, until } from '../helpers/wait.ts'

const CAPACITY = 1 << 17
const SIZE = segmentSize(CAPACITY, CAPACITY)

type Resizable = ArrayBuffer & { resize(size: number): void; transfer?(size?: number): ArrayBuffer }

const [kind, fault, writing] = process.argv.slice(2) as [MemoryKind, string, 'send' | 'scribble']

/** What the test takes the memory away with; dropped by `let go`. */
let view: Uint8Array | undefined
let memory: WebAssembly.Memory | undefined
if (kind === 'wasm' && fault === 'grow(0)') {
  memory = new WebAssembly.Memory({ initial: SIZE / 65536, maximum: SIZE / 65536 })
  view = new Uint8Array(memory.buffer, 0, SIZE)
} else {
  view = allocate(kind, SIZE)
}
const buffer = () => view?.buffer as Resizable

let plugin: Awaited<ReturnType<typeof openPluginOver>> | undefined = await openPluginOver(
  () => view as Uint8Array,
  pluginPath('flood'),
  {
    sendCapacity: CAPACITY,
    receiveCapacity: CAPACITY,
    options: writing,
    shutdownTimeout: 5000,
  },
)
let channel: SharedChannel<Data> | undefined = new SharedChannel(plugin, Data, { closeTimeout: 200 })
channel.onError(() => {})
if (writing === 'send') {
  let received = 0
  const stop = channel.on('data', () => received++)
  await until(() => received > 100)
  if (fault === 'drop') stop() // who still listens holds the event loop, and that is right
}
await nativeWrites()

switch (fault) {
  case 'resize(0)':
    buffer().resize(0)
    break
  case 'resize(0), resize(n)':
    buffer().resize(0)
    await nativeWrites()
    buffer().resize(SIZE)
    break
  case 'transfer':
    structuredClone(buffer(), { transfer: [buffer()] })
    break
  case 'ArrayBuffer.prototype.transfer':
    buffer().transfer?.()
    break
  case 'grow(0)':
    memory?.grow(0)
    break
  case 'drop':
    break
}
await collectGarbage()
const canaries = makeCanaries(SIZE)
await nativeWrites()
const spoiled = spoiledCanaries(canaries)

if (fault === 'drop') {
  // Nothing of ours refers to the memory any more; the running plugin keeps its object alive.
  view = memory = plugin = channel = undefined
  await collectGarbage()
  await nativeWrites()
  console.log(JSON.stringify({ spoiled }))
} else {
  const { reason } = (await channel?.close()) ?? {}
  await plugin?.close()
  view = memory = plugin = channel = undefined
  await collectGarbage()
  console.log(JSON.stringify({ spoiled, reason: reason?.code, threads: threadsNamed(/^sc:/).length }))
}

/** Waits until the plugin's writing thread has had some more time on a core; `send` may be stuck in a full ring. */
async function nativeWrites(): Promise<void> {
  const before = writingTime()
  if (writing === 'scribble') await until(() => writingTime() > before + 1)
  else for (let i = 0; i < 20; i++) await turn()
}

function writingTime(): number {
  return threadsNamed(/^sc:flood/).reduce((sum, thread) => sum + cpuTicks(thread), 0)
}
