import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { interleave } from './interleave.ts'
import { PluginCounterpart } from './plugin-counterpart.ts'
import { type Resources, resourcesInUse } from './process-status.ts'
import type { Outcome } from './row.ts'
import { median } from './statistics.ts'
import { WorkerCounterpart } from './worker-counterpart.ts'

export interface OpenCloseSettings {
  readonly rounds: number
  /** Channels opened and closed in one round, next to one worker. */
  readonly perRound: number
  /** How many are opened and closed to see whether anything is left behind. */
  readonly cycles: number
}

/** So many cycles fill what is filled once: caches, the allocator's pools, the threads of the engine. */
const WARM_UP_CYCLES = 1000
const MIB = 1 << 20

/** Opening a channel, listening on it and closing it: milliseconds. A worker is started and terminated beside it. */
export async function measureOpenClose({ rounds, perRound, cycles }: OpenCloseSettings): Promise<Outcome> {
  const { ours, ...peers } = await interleave(rounds, {
    ours: async () => {
      const times: number[] = []
      for (let i = 0; i < perRound; i++) times.push(await timeOf(openAndClose))
      return median(times)
    },
    worker_threads: () => timeOf(async () => (await WorkerCounterpart.open()).close()),
  })
  const { note, problems } = await lookForLeaks(cycles)
  return { ours, peers, notes: [note], problems }
}

async function openAndClose(): Promise<void> {
  const channel = await PluginCounterpart.open()
  channel.listen()
  await channel.close()
}

async function timeOf(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await task()
  return performance.now() - start
}

async function lookForLeaks(cycles: number): Promise<{ note: string; problems: string[] }> {
  for (let i = 0; i < WARM_UP_CYCLES; i++) await openAndClose()
  const before = afterCollection()
  for (let i = 0; i < cycles; i++) await openAndClose()
  const after = afterCollection()
  return { note: `${cycles} times: ${describe(before, after)}`, problems: findGrowth(before, after, cycles) }
}

/**
 * What has grown: any thread or descriptor; a mapping per hundred cycles, or 2 KiB of memory per cycle, which is more
 * than the engine's own heap moves.
 */
export function findGrowth(before: Resources, after: Resources, cycles: number): string[] {
  const limits: Resources = { threads: 0, descriptors: 0, mappings: cycles / 100, memory: cycles * 2048 }
  return (Object.keys(limits) as (keyof Resources)[])
    .filter((name) => after[name] - before[name] > limits[name])
    .map((name) => `${cycles} times opened and closed, ${name} went from ${before[name]} to ${after[name]}`)
}

function describe(before: Resources, after: Resources): string {
  const mib = (bytes: number) => (bytes / MIB).toFixed(1)
  return [
    `memory ${mib(before.memory)} -> ${mib(after.memory)} MiB`,
    `mappings ${before.mappings} -> ${after.mappings}`,
    `threads ${before.threads} -> ${after.threads}`,
    `descriptors ${before.descriptors} -> ${after.descriptors}`,
  ].join(', ')
}

/** What is in use once the engine has thrown away what nobody holds. */
function afterCollection(): Resources {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  return resourcesInUse()
}
