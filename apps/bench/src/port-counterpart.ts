// Messages over a MessagePort to another page.
import { checkReport, secondsSince } from '../../counterpart.ts'
import { type ProcessCounterpart, type Report, Tally } from '../../processes/tally.ts'

/** Beside data, which is a plain Uint8Array. */
type PortOrder = { readonly order: 'report' } | { readonly order: 'echo'; readonly payload: Uint8Array }

/** This end. */
export function sendOverPort(port: MessagePort): ProcessCounterpart {
  const ask = (order: PortOrder) =>
    new Promise<unknown>((resolve) => {
      port.onmessage = ({ data }) => resolve(data)
      port.postMessage(order)
    })
  return {
    async send(payload, messages) {
      const start = performance.now()
      for (let i = 0; i < messages; i++) port.postMessage(payload)
      const { count, sum } = (await ask({ order: 'report' })) as Report
      const seconds = secondsSince(start)
      checkReport(payload, messages, count, sum)
      return seconds
    },
    echo: (payload) => ask({ order: 'echo', payload }),
    close: async () => port.close(),
  }
}

/** The other end: what it does with a message that it understands. */
export function tallyOverPort(port: MessagePort): (message: Uint8Array | PortOrder) => void {
  const tally = new Tally()
  return (message) => {
    if (message instanceof Uint8Array) tally.add(message)
    else if (message.order === 'echo') port.postMessage(message.payload)
    else if (message.order === 'report') port.postMessage(tally.report())
  }
}
