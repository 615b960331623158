// Messages one way, next to a MessagePort to the other page.
import { connect } from '@shared-channel/electron/renderer'
import { interleave } from '../../interleave.ts'
import { MeasureCounterpart } from '../../measure-counterpart.ts'
import { sendOverPort } from '../../port-counterpart.ts'
import type { ProcessCounterpart } from '../../processes/tally.ts'
import { sendOver } from '../../processes/tallying-channel.ts'
import type { Outcome } from '../../row.ts'
import type { OneWaySettings } from '../order.ts'
import { otherPage, port } from './ends.ts'

const KIBI = 1024

/** To a plugin in this page's process. */
export async function measurePageToNative(settings: OneWaySettings): Promise<Outcome> {
  return compare(new MeasureCounterpart(await connect('measure')), settings)
}

/** To the other page. */
export async function measurePageToPage(settings: OneWaySettings): Promise<Outcome> {
  return compare(sendOver(await otherPage), settings)
}

/** Messages a second, or GB/s of large ones. */
async function compare(
  counterpart: Pick<ProcessCounterpart, 'send' | 'close'>,
  { rounds, size, messages, peerMessages }: OneWaySettings,
): Promise<Outcome> {
  const payload = new Uint8Array(size).fill(1)
  const peer = sendOverPort(await port)
  const amount = size < KIBI ? 1 : size / 1e9
  const { ours, MessagePort } = await interleave(rounds, {
    ours: async () => (amount * messages) / (await counterpart.send(payload, messages)),
    MessagePort: async () => (amount * peerMessages) / (await peer.send(payload, peerMessages)),
  })
  await counterpart.close()
  return { ours, peers: { MessagePort } }
}
