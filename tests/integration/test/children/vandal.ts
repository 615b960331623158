// Talks to plugins that write random words all over their segments. A crash is a failed test.
//   vandal <seed> <rounds>
import { SharedChannel } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { segmentDescriptors, threadsNamed } from '../helpers/process.ts'
import { Data } from '../helpers/protocols.ts'
import { turn } from '../helpers/wait.ts'

const [seed, rounds] = process.argv.slice(2).map(Number) as [number, number]
const CAPACITIES = [4096, 16384, 65536]

const reasons: Record<string, number> = {}
let received = 0
for (let round = 0; round < rounds; round++) {
  console.error(`seed ${seed + round}`) // which one it was, should the process not get any further
  const reason = await meetVandal(seed + round)
  reasons[reason] = (reasons[reason] ?? 0) + 1
}
console.log(
  JSON.stringify({
    reasons,
    received,
    threads: threadsNamed(/^(sc:|shared-channel)/).length,
    descriptors: segmentDescriptors().length,
  }),
)

/** Returns why the channel ended: of itself, or when nothing was noticed for a while. */
async function meetVandal(seed: number): Promise<string> {
  const sendCapacity = CAPACITIES[seed % 3] as number
  const receiveCapacity = CAPACITIES[(seed >>> 2) % 3] as number
  const plugin = await openPlugin(pluginPath('vandal'), {
    sendCapacity,
    receiveCapacity,
    options: [sendCapacity, receiveCapacity, seed],
    onLog: () => {},
  })
  const channel = new SharedChannel(plugin, Data, { closeTimeout: 20, maxMessageBytes: 1 << 20 })
  channel.onError(() => {})
  channel.on('data', () => received++)
  try {
    for (let i = 0; i < 30 && channel.state === 'open'; i++) {
      // Whatever the header says by now, sending and receiving look at what they know.
      channel.send('data', new Uint8Array((i * 331) % (2 * sendCapacity)))
      channel.trySend('data', new Uint8Array(i))
      channel.reserve('data', 100)?.commit(i)
      await turn()
    }
  } catch {
    // It was found out while something was written.
  }
  const { reason } = await channel.close()
  if (channel.state !== 'closed') throw new Error(`the channel is ${channel.state}`)
  return reason?.code ?? 'none'
}
