// Messages over a channel to another process, in any host.
import { bytes, defineProtocol, flip, json, type Link, SharedChannel } from '@shared-channel/core'
import { checkReport, secondsSince } from '../counterpart.ts'
import { type ProcessCounterpart, type Report, Tally } from './tally.ts'

export const TALLYING = defineProtocol({
  send: {
    data: { id: 1, codec: bytes({ view: true }) },
    report: { id: 2, codec: json<null>(), reply: json<Report>() },
  },
  both: { echo: { id: 3, codec: bytes({ view: true }) } },
})

/** This end. It fails when the other process ends. */
export function sendOver(link: Link): ProcessCounterpart {
  const channel = new SharedChannel(link, TALLYING)
  let echoed: () => void = () => {}
  channel.on('echo', () => echoed())
  return {
    async send(payload, messages) {
      const start = performance.now()
      for (let i = 0; i < messages; i++) if (!channel.send('data', payload)) await channel.ready
      const { count, sum } = await channel.request('report', null)
      const seconds = secondsSince(start)
      checkReport(payload, messages, count, sum)
      return seconds
    },
    echo: (payload) =>
      new Promise<void>((resolve) => {
        echoed = resolve
        channel.send('echo', payload)
      }),
    close: () => channel.close(),
  }
}

/** The other end. */
export function tallyOver(link: Link): void {
  const channel = new SharedChannel(link, flip(TALLYING))
  const tally = new Tally()
  channel.on('data', (message) => tally.add(message))
  channel.on('echo', (message) => channel.send('echo', message))
  channel.handle('report', () => tally.report())
}
