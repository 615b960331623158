// There and back, page and native code, next to the ways that Electron has: to the main process, and to another page.
import { connect } from '@shared-channel/electron/renderer'
import { MeasureCounterpart } from '../../measure-counterpart.ts'
import { sendOverPort } from '../../port-counterpart.ts'
import type { Outcome } from '../../row.ts'
import { percentile } from '../../statistics.ts'
import type { RoundTripSettings } from '../order.ts'
import { port } from './ends.ts'

const PAYLOAD = new Uint8Array(16)
const WARM_UP = 500
const PAUSE_MILLISECONDS = 20
/** By then the other side sleeps. */
const BUSY_MILLISECONDS = 0.05

/** Microseconds, medians: one after the other, and in a note the same when the other side sleeps in between. */
export async function measureRoundTrips(settings: RoundTripSettings): Promise<Outcome> {
  const plugin = new MeasureCounterpart(await connect('measure'))
  const page = sendOverPort(await port)
  const trips = {
    ours: () => plugin.echo(PAYLOAD),
    'ipcRenderer.invoke': () => machine.invokeEcho(PAYLOAD),
    MessagePort: () => page.echo(PAYLOAD),
  }
  const awake = await alternate(trips, settings, () => {})
  const asleep = await alternate(trips, settings, stayBusy)
  await plugin.close()
  const { ours, ...peers } = percentiles(awake, 50)
  const notes = [
    `p99: ${list(percentiles(awake, 99))}`,
    `the other side asleep: ${list(percentiles(asleep, 50))}; p99: ${list(percentiles(asleep, 99))}`,
  ]
  return { ours, peers, notes }
}

type Trips<Name extends string> = Readonly<Record<Name, () => Promise<unknown>>>

async function alternate<Name extends string>(
  trips: Trips<Name>,
  { blocks, samplesPerBlock }: RoundTripSettings,
  beforeEach: () => void,
): Promise<Record<Name, number[]>> {
  const times = {} as Record<Name, number[]>
  const names = Object.keys(trips) as Name[]
  for (const name of names) {
    times[name] = []
    for (let i = 0; i < WARM_UP; i++) await trips[name]()
  }
  for (let block = 0; block < blocks; block++) {
    for (const name of names) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
      for (let i = 0; i < samplesPerBlock; i++) {
        beforeEach()
        const start = machine.now()
        await trips[name]()
        times[name].push((machine.now() - start) * 1000)
      }
    }
  }
  return times
}

function percentiles<Name extends string>(times: Record<Name, number[]>, percent: number): Record<Name, number> {
  const entries = Object.entries<number[]>(times).map(([name, values]) => [name, percentile(values, percent)])
  return Object.fromEntries(entries)
}

const list = (values: Record<string, number>) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(1)} us`)
    .join(', ')

function stayBusy(): void {
  const end = machine.now() + BUSY_MILLISECONDS
  while (machine.now() < end);
}
