import { createChannel, openChannel } from '@shared-channel/native'
import { endPeer, startPeer } from './counterpart.ts'
import type { ProcessCounterpart } from './tally.ts'
import { sendOver, tallyOver } from './tallying-channel.ts'

/** A channel to a process. */
export async function openOurs(capacity: number): Promise<ProcessCounterpart> {
  const { link, handle } = createChannel({ capacity })
  const child = startPeer('ours', handle)
  const channel = sendOver(link)
  return {
    ...channel,
    async close() {
      await channel.close()
      await endPeer(child)
    },
  }
}

/** The other process. */
export const serveOurs = (handle: string): void => tallyOver(openChannel(handle))
