import { bytes, defineProtocol, flip, json, SharedChannel } from '@shared-channel/core'
import { createChannel, openChannel } from '@shared-channel/native'
import { checkReport, secondsSince, sumOfLines } from '../counterpart.ts'
import { endPeer, failureOf, type ProcessCounterpart, type Report, startPeer, Tally } from './counterpart.ts'

const PROTOCOL = defineProtocol({
  send: {
    data: { id: 1, codec: bytes({ view: true }) },
    report: { id: 2, codec: json<null>(), reply: json<Report>() },
  },
  both: { echo: { id: 3, codec: bytes({ view: true }) } },
})

/** A channel to a process. */
export async function openOurs(capacity: number): Promise<ProcessCounterpart> {
  const { link, handle } = createChannel({ capacity })
  const child = startPeer('ours', handle)
  const failed = failureOf(child)
  const channel = new SharedChannel(link, PROTOCOL)
  let echoed: () => void = () => {}
  channel.on('echo', () => echoed())
  return {
    async send(payload, messages) {
      const start = performance.now()
      for (let i = 0; i < messages; i++) if (!channel.send('data', payload)) await channel.ready
      const { count, sum } = await Promise.race([channel.request('report', null), failed])
      const seconds = secondsSince(start)
      checkReport(payload, messages, count, sum)
      return seconds
    },
    echo: (payload) =>
      new Promise<void>((resolve) => {
        echoed = resolve
        channel.send('echo', payload)
      }),
    async close() {
      await channel.close()
      await endPeer(child)
    },
  }
}

/** The other process. */
export function serveOurs(handle: string): void {
  const channel = new SharedChannel(openChannel(handle), flip(PROTOCOL))
  const tally = new Tally()
  channel.on('data', (message) => tally.add(message, sumOfLines))
  channel.on('echo', (message) => channel.send('echo', message))
  channel.handle('report', () => tally.report())
}
