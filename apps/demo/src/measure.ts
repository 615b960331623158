import {
  makeRow,
  measureIdleRoundTrips,
  measureIdleWakeUps,
  measureLargeToJavaScript,
  measureLargeToNative,
  measureSmallToNative,
  type Outcome,
  type Progress,
  type RoundTripResult,
  type Row,
} from '@shared-channel/bench'

/** What the way costs, next to worker_threads in the same run. */
export interface Costs {
  readonly toNative: Outcome
  readonly toJavaScript: Outcome
  readonly small: Outcome
  readonly roundTrip: RoundTripResult
  readonly idleWakeUps: number
}

const SMALL = { rounds: 5, messages: 1_000_000, peerMessages: 50_000 }
const LARGE = { rounds: 5, messages: 500, peerMessages: 50 }
const ROUND_TRIPS = { blocks: 20, samplesPerBlock: 100 }
const IDLE = { channels: 64, milliseconds: 2000 }
export const MEASUREMENT_STEPS = 5

export async function measureCosts(progress: Progress): Promise<Costs> {
  progress.update(0, 'measuring throughput to C++')
  const toNative = await measureLargeToNative(LARGE)
  progress.update(1, 'measuring throughput to JavaScript')
  const toJavaScript = await measureLargeToJavaScript(LARGE)
  progress.update(2, 'measuring messages of 64 bytes')
  const small = await measureSmallToNative(SMALL)
  progress.update(3, 'measuring wake round trips')
  const roundTrip = await measureIdleRoundTrips(ROUND_TRIPS)
  progress.update(4, `watching ${IDLE.channels} idle channels`)
  const idleWakeUps = await measureIdleWakeUps(IDLE)
  return { toNative, toJavaScript, small, roundTrip, idleWakeUps }
}

/** The same as rows of a table. */
export function costRows({ toNative, toJavaScript, small, roundTrip, idleWakeUps }: Costs): Row[] {
  const { ours, worker } = roundTrip
  return [
    makeRow('JavaScript to C++, 1 MiB messages', 'GB/s', toNative),
    makeRow('C++ to JavaScript, 1 MiB messages', 'GB/s', toJavaScript),
    makeRow('JavaScript to C++, 64 B messages', 'msg/s', small),
    makeRow('wake round trip, p50', 'us', { ours: ours.p50, peers: { worker_threads: worker.p50 } }),
    makeRow('wake round trip, p99', 'us', { ours: ours.p99, peers: { worker_threads: worker.p99 } }),
    makeRow(`wake-ups of ${IDLE.channels} idle channels in ${IDLE.milliseconds / 1000} s`, 'switches', {
      ours: idleWakeUps,
      peers: {},
    }),
  ]
}
