// Terminates workers at random moments of whatever they do with channels, from the loading of the addon on; then tells what
// is left of it all.
//   terminate-anywhere <seed> <workers>
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { SharedChannel } from '@shared-channel/core'
import { whatIsLeft } from '../helpers/left.ts'
import { openTally, type Tally } from '../helpers/tally.ts'
import { turn } from '../helpers/wait.ts'

const CAPACITIES = [4096, 65536]

let random = 0
/** An integer from 0 to below `limit`, the same for the same seed. */
function upTo(limit: number): number {
  random = (Math.imul(random, 1664525) + 1013904223) >>> 0
  return Math.floor((random / 2 ** 32) * limit)
}

if (isMainThread) await terminateWorkers()
else await use()

async function terminateWorkers(): Promise<void> {
  const [seed, count] = process.argv.slice(2).map(Number) as [number, number]
  random = seed
  let inTheMiddle = 0
  for (let i = 0; i < count; i++) {
    console.error(`worker ${i} of seed ${seed}`) // which one it was, should the process not get any further
    const worker = new Worker(new URL(import.meta.url), { workerData: upTo(2 ** 31) })
    // Some are hardly there, most are in the middle of it.
    if (upTo(8) > 0) {
      await new Promise((resolve) => worker.once('message', resolve))
      inTheMiddle++
    }
    const start = performance.now()
    const moment = upTo(4000) / 1000
    while (performance.now() - start < moment) await turn()
    await worker.terminate()
  }
  console.log(JSON.stringify({ inTheMiddle, ...(await whatIsLeft()) }))
}

/** Several users of channels at once, until the end comes. */
async function use(): Promise<void> {
  random = workerData
  parentPort?.postMessage('starts')
  await Promise.all([live(), live(), live()])
}

async function live(): Promise<void> {
  for (;;) {
    const { channel } = await openTally({
      sendCapacity: CAPACITIES[upTo(2)] ?? 4096,
      receiveCapacity: CAPACITIES[upTo(2)] ?? 4096,
      closeTimeout: upTo(3),
    })
    channel.onError(() => {})
    for (let i = upTo(12); i > 0 && channel.state === 'open'; i--) await act(channel).catch(() => {})
    if (upTo(3) > 0) await channel.close({ discard: upTo(2) === 0 })
    else void channel.close()
  }
}

/** One random thing. What it throws, or waits for in vain, is of no interest here. */
async function act(channel: SharedChannel<Tally>): Promise<void> {
  const data = new Uint8Array(upTo(20_000))
  switch (upTo(9)) {
    case 0:
      for (let i = 0; i < 20; i++) channel.send('patient', data)
      break
    case 1:
      if (!channel.trySend('slow', data.subarray(0, 1000))) await turn()
      break
    case 2:
      await channel.sendDirect('patient', data, { timeout: upTo(3) })
      break
    case 3:
      void channel.sendDirect('impatient', data).catch(() => {})
      break
    case 4:
      // Now and then the slot stays open.
      channel.reserve('patient', 1000)?.bytes.fill(1)
      break
    case 5:
      channel.reserve('patient', 1000)?.commit(upTo(1000))
      break
    case 6:
      for (const type of ['patient', 'impatient'] as const) channel.on(type, () => turn())
      break
    case 7:
      for await (const { data } of channel) if (data.length > 0) break
      break
    default:
      await Promise.race([channel.flush(), turn()])
  }
}
