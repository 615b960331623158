// Messages to another process, next to the other ways there are.
import { setTimeout as sleep } from 'node:timers/promises'
import { interleave } from '../interleave.ts'
import type { Outcome } from '../row.ts'
import { percentile } from '../statistics.ts'
import { openChildProcess } from './child-process.ts'
import { openOurs } from './ours.ts'
import type { ProcessCounterpart } from './tally.ts'
import { openUnixSocket } from './unix-socket.ts'
import { openZeroMq } from './zeromq.ts'

export interface OneWaySettings {
  readonly rounds: number
  /** Bytes of a message. */
  readonly size: number
  /** Messages of a round: ours, and of a slower peer, which takes about as long. */
  readonly messages: number
  readonly peerMessages: number
}

export interface RoundTripSettings {
  readonly blocks: number
  readonly samplesPerBlock: number
}

const RING = 8 << 20
const SMALL_RING = 1 << 20
const LARGE_MESSAGE = 4096
const PAYLOAD = new Uint8Array(16)
const WARM_UP = 500
const PAUSE_MILLISECONDS = 20
/** Both sides sleep by then. */
const BUSY_MICROSECONDS = 50

/** One way: messages a second. */
export function measureOneWay({ rounds, size, messages, peerMessages }: OneWaySettings): Promise<Outcome> {
  const payload = new Uint8Array(size).fill(1)
  return withAll(size < LARGE_MESSAGE ? SMALL_RING : RING, async ({ ours, ...others }) => {
    const contenders = { ours: async () => messages / (await ours.send(payload, messages)) }
    const peers = Object.entries(others).map(([name, peer]) => [
      name,
      async () => peerMessages / (await peer.send(payload, peerMessages)),
    ])
    const { ours: result, ...rest } = await interleave<string>(rounds, {
      ...contenders,
      ...(Object.fromEntries(peers) as Record<string, () => Promise<number>>),
    })
    return { ours: result as number, peers: rest }
  })
}

/** There and back, both sides asleep in between: microseconds, the median. */
export function measureProcessRoundTrips({ blocks, samplesPerBlock }: RoundTripSettings): Promise<Outcome> {
  return withAll(SMALL_RING, async (all) => {
    const samples = Object.entries(all).map(([name, peer]) => ({ name, peer, times: [] as number[] }))
    for (const { peer } of samples) for (let i = 0; i < WARM_UP; i++) await peer.echo(PAYLOAD)
    for (let block = 0; block < blocks; block++) {
      for (const { peer, times } of samples) {
        await sleep(PAUSE_MILLISECONDS)
        for (let i = 0; i < samplesPerBlock; i++) times.push(await timeTrip(peer))
      }
    }
    const medians = Object.fromEntries(samples.map(({ name, times }) => [name, percentile(times, 50)]))
    const tails = samples.map(({ name, times }) => `${name} ${percentile(times, 99).toFixed(1)} us`)
    const { ours, ...peers } = medians
    return { ours: ours as number, peers, notes: [`p99: ${tails.join(', ')}`] }
  })
}

async function timeTrip(peer: ProcessCounterpart): Promise<number> {
  const busyUntil = performance.now() + BUSY_MICROSECONDS / 1000
  while (performance.now() < busyUntil);
  const start = performance.now()
  await peer.echo(PAYLOAD)
  return (performance.now() - start) * 1000
}

type All = Readonly<Record<'ours' | 'child_process' | 'unix-socket' | 'zeromq', ProcessCounterpart>>

async function withAll(capacity: number, use: (all: All) => Promise<Outcome>): Promise<Outcome> {
  const open: ProcessCounterpart[] = []
  const keep = async (opening: Promise<ProcessCounterpart>) => {
    const counterpart = await opening
    open.push(counterpart)
    return counterpart
  }
  try {
    return await use({
      ours: await keep(openOurs(capacity)),
      child_process: await keep(openChildProcess()),
      'unix-socket': await keep(openUnixSocket()),
      zeromq: await keep(openZeroMq()),
    })
  } finally {
    await Promise.all(open.map((counterpart) => counterpart.close()))
  }
}
