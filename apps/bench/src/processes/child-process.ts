import { checkReport, secondsSince } from '../counterpart.ts'
import { endPeer, failureOf, startPeer } from './counterpart.ts'
import { type ProcessCounterpart, type Report, Tally } from './tally.ts'

type Order = { readonly order: 'report' } | { readonly order: 'echo'; readonly payload: Uint8Array }

/** child_process.fork with `serialization: 'advanced'`, which carries bytes as they are. */
export async function openChildProcess(): Promise<ProcessCounterpart> {
  const child = startPeer('child_process')
  const failed = failureOf(child)
  let answered: (answer: unknown) => void = () => {}
  child.on('message', (message) => answered(message))
  const answer = () =>
    Promise.race([
      new Promise((resolve) => {
        answered = resolve
      }),
      failed,
    ])
  return {
    async send(payload, messages) {
      const start = performance.now()
      // Awaiting the callback when it asks to slow down is what its documentation says.
      for (let i = 0; i < messages; i++) {
        await new Promise<void>((resolve) => {
          if (child.send(payload, () => resolve())) resolve()
        })
      }
      const reported = answer()
      child.send({ order: 'report' } satisfies Order)
      const { count, sum } = (await reported) as Report
      const seconds = secondsSince(start)
      checkReport(payload, messages, count, sum)
      return seconds
    },
    echo(payload) {
      const echoed = answer()
      child.send({ order: 'echo', payload } satisfies Order)
      return echoed
    },
    close: () => endPeer(child),
  }
}

/** The other process. */
export function serveChildProcess(): void {
  const tally = new Tally()
  process.on('message', (message: Uint8Array | Order) => {
    if (message instanceof Uint8Array) tally.add(message)
    else process.send?.(message.order === 'echo' ? message.payload : tally.report())
  })
}
