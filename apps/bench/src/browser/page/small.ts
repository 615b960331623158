// Small messages to a worker, next to `postMessage`.
import { interleave } from '../../interleave.ts'
import { sendOverPort } from '../../port-counterpart.ts'
import { sendOver } from '../../processes/tallying-channel.ts'
import type { Outcome } from '../../row.ts'
import type { MessageSettings } from '../jobs.ts'
import { withWorkers } from './workers.ts'

/** Messages a second. */
export function measureSmall({ rounds, size, capacity, messages, peerMessages }: MessageSettings): Promise<Outcome> {
  const payload = new Uint8Array(size).fill(1)
  return withWorkers(capacity, async (link, worker) => {
    const channel = sendOver(link)
    const port = sendOverPort(worker)
    const { ours, postMessage } = await interleave(rounds, {
      ours: async () => messages / (await channel.send(payload, messages)),
      postMessage: async () => peerMessages / (await port.send(payload, peerMessages)),
    })
    await channel.close()
    return { ours, peers: { postMessage } }
  })
}
