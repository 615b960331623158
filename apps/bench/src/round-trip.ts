import { setTimeout as sleep } from 'node:timers/promises'
import type { Counterpart } from './counterpart.ts'
import { PLUGIN_NAME, PluginCounterpart } from './plugin-counterpart.ts'
import { pluginThreads } from './process-status.ts'
import type { Outcome } from './row.ts'
import { percentile } from './statistics.ts'
import { WorkerCounterpart } from './worker-counterpart.ts'

export interface RoundTripSettings {
  /** Short blocks, ours and the worker's in turn, since where the system puts the threads changes every now and then. */
  readonly blocks: number
  readonly samplesPerBlock: number
}

/** Microseconds. */
export interface RoundTripTimes {
  readonly p50: number
  readonly p99: number
}

export interface RoundTripResult {
  readonly ours: RoundTripTimes
  readonly worker: RoundTripTimes
  /** Of our samples, the part for which the plugin's thread had really gone to sleep: 0 to 1. */
  readonly slept: number
}

/** There and back. */
type Trip = (other: Counterpart) => Promise<unknown>

const PAYLOAD = new Uint8Array(16)
const RING = 1 << 16
const WARM_UP = 2000
/** The plugin's thread looks for more for some 8 us before it sleeps; after this time it sleeps. */
const BUSY_MICROSECONDS = 50
const PAUSE_MILLISECONDS = 20
/** Sleeping is what is measured, so nearly all samples must have it. */
const MIN_SLEPT = 0.9

const echo: Trip = (other) => other.echo(PAYLOAD)
const request: Trip = (other) => other.request(PAYLOAD)

/** JavaScript, sleeping thread, JavaScript. In between JavaScript is busy for long enough that the other side sleeps. */
export function measureIdleRoundTrips(settings: RoundTripSettings): Promise<RoundTripResult> {
  return measure(settings, echo, () => stayBusy(BUSY_MICROSECONDS))
}

/** The same for a request and its answer. */
export function measureIdleRequests(settings: RoundTripSettings): Promise<RoundTripResult> {
  return measure(settings, request, () => stayBusy(BUSY_MICROSECONDS))
}

/** JavaScript, the other thread, JavaScript, one after the other without a pause. */
export function measureRoundTrips(settings: RoundTripSettings): Promise<RoundTripResult> {
  return measure(settings, echo, () => {})
}

/** The median as a measurement, with what people want to know beside it. */
export function idleRoundTripOutcome(result: RoundTripResult): Outcome {
  const slept = `the plugin's thread slept before ${(result.slept * 100).toFixed(1)} % of the round trips`
  return {
    ...roundTripOutcome(result),
    notes: [...tails(result), slept],
    problems:
      result.slept < MIN_SLEPT
        ? [`${slept}; at least ${MIN_SLEPT * 100} % are needed for the row to mean anything`]
        : [],
  }
}

export function roundTripOutcome(result: RoundTripResult): Outcome {
  return { ours: result.ours.p50, peers: { worker_threads: result.worker.p50 }, notes: tails(result) }
}

function tails({ ours, worker }: RoundTripResult): string[] {
  return [`p99: ${ours.p99.toFixed(1)} us, worker_threads ${worker.p99.toFixed(1)} us`]
}

async function measure(settings: RoundTripSettings, trip: Trip, beforeEach: () => void): Promise<RoundTripResult> {
  const worker = await WorkerCounterpart.open()
  try {
    const plugin = await PluginCounterpart.open(RING)
    try {
      return await alternate(plugin, worker, settings, trip, beforeEach)
    } finally {
      await plugin.close()
    }
  } finally {
    await worker.close()
  }
}

async function alternate(
  plugin: Counterpart,
  worker: Counterpart,
  { blocks, samplesPerBlock }: RoundTripSettings,
  trip: Trip,
  beforeEach: () => void,
): Promise<RoundTripResult> {
  for (let i = 0; i < WARM_UP; i++) await trip(plugin)
  for (let i = 0; i < WARM_UP; i++) await trip(worker)
  const ours: number[] = []
  const theirs: number[] = []
  let sleeps = 0
  for (let block = 0; block < blocks; block++) {
    await sleep(PAUSE_MILLISECONDS)
    const before = sleepsOfPlugin()
    await sample(() => trip(plugin), samplesPerBlock, beforeEach, ours)
    sleeps += Math.min(samplesPerBlock, sleepsOfPlugin() - before)
    await sleep(PAUSE_MILLISECONDS)
    await sample(() => trip(worker), samplesPerBlock, beforeEach, theirs)
  }
  return { ours: times(ours), worker: times(theirs), slept: sleeps / (blocks * samplesPerBlock) }
}

async function sample(
  trip: () => Promise<unknown>,
  samples: number,
  beforeEach: () => void,
  into: number[],
): Promise<void> {
  for (let i = 0; i < samples; i++) {
    beforeEach()
    const start = performance.now()
    await trip()
    into.push((performance.now() - start) * 1000)
  }
}

function times(samples: readonly number[]): RoundTripTimes {
  return { p50: percentile(samples, 50), p99: percentile(samples, 99) }
}

function sleepsOfPlugin(): number {
  return pluginThreads(PLUGIN_NAME).reduce((sum, thread) => sum + thread.voluntarySwitches, 0)
}

function stayBusy(microseconds: number): void {
  const end = performance.now() + microseconds / 1000
  while (performance.now() < end);
}
