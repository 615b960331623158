// Messages by `postMessage`: to another page over a MessagePort, or to a worker.
import { checkReport, secondsSince } from './counterpart.ts'
import { type ProcessCounterpart, type Report, Tally } from './processes/tally.ts'

/** A MessagePort, a Worker, or what a Worker calls `self`. */
export interface PostingPort {
  postMessage(message: unknown): void
  // A method, so that what the three of them call `this` is all one.
  onmessage: ((event: MessageEvent) => unknown) | null
}

/** Beside data, which is a plain Uint8Array. */
type PortOrder = { readonly order: 'report' } | { readonly order: 'echo'; readonly payload: Uint8Array }

/** This end. */
export function sendOverPort(port: PostingPort): Pick<ProcessCounterpart, 'send' | 'echo'> {
  return {
    async send(payload, messages) {
      const start = performance.now()
      for (let i = 0; i < messages; i++) port.postMessage(payload)
      const { count, sum } = await askForReport(port)
      const seconds = secondsSince(start)
      checkReport(payload, messages, count, sum)
      return seconds
    },
    echo: (payload) => ask(port, { order: 'echo', payload }),
  }
}

/** What the other end has seen since it was last asked. */
export async function askForReport(port: PostingPort): Promise<Report> {
  return (await ask(port, { order: 'report' })) as Report
}

function ask(port: PostingPort, order: PortOrder): Promise<unknown> {
  return new Promise((resolve) => {
    port.onmessage = ({ data }) => resolve(data)
    port.postMessage(order)
  })
}

/** The other end: what it does with a message that it understands. */
export function tallyOverPort(port: PostingPort): (message: Uint8Array | PortOrder) => void {
  const tally = new Tally()
  return (message) => {
    if (message instanceof Uint8Array) tally.add(message)
    else if (message.order === 'echo') port.postMessage(message.payload)
    else if (message.order === 'report') port.postMessage(tally.report())
  }
}
