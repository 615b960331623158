// What the app holds of the system's, before and after what a test does.
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { holdingsOf } from '../../app/own-process.ts'
import type { Holdings } from '../../app/task.ts'
import type { TestApp } from './test-app.ts'

/** How long closing, garbage collection and the ends of processes may take. */
const DEADLINE = 20_000
/** Chromium's own threads and descriptors come and go, so many at most. What leaks here does it many times. */
const SLACK: Counts = { 'all threads': 15, 'all descriptors': 15 }
/** Processes that Chromium starts when it likes. */
const CHROMIUMS = ['network.mojom.NetworkService', 'gpu-process', 'zygote', 'broker']

/** Counts of one process, by what is counted. */
type Counts = Record<string, number>

interface Holder {
  /** A renderer, Chromium's own, the host of a plugin. */
  readonly kind: string
  readonly counts: Counts
}

/** The processes of an app, by pid. */
export type Snapshot = ReadonlyMap<number, Holder>

export function takeSnapshot(app: TestApp): Snapshot {
  const holders = app.pids.flatMap((pid): [number, Holder][] => {
    try {
      return [[pid, { kind: kindOf(pid), counts: countsOf(pid) }]]
    } catch {
      return [] // gone since they were listed
    }
  })
  return new Map(holders)
}

/**
 * Waits until the app holds no more than before.
 *
 * @param options `but`: what is not looked at.
 * @param before Of an app that has had a window, so that what Chromium makes for the first one is there.
 */
export async function expectNothingMore(
  app: TestApp,
  before: Snapshot,
  { deadline = DEADLINE, but }: { deadline?: number; but?: keyof Holdings } = {},
): Promise<void> {
  for (const end = Date.now() + deadline; ; await setTimeout(100)) {
    await app.collectGarbage() // V8's pages are unmapped when it collects the buffers over them
    const more = whatIsMore(before, takeSnapshot(app)).filter((line) => but === undefined || !line.includes(` ${but}:`))
    if (more.length === 0) return
    if (Date.now() > end) throw new Error(`the app holds more than before:\n${more.join('\n')}`)
  }
}

/** Of segments that have a name, because the system refuses those that need none. */
export function sharedMemoryFilesOf(pids: readonly number[]): string[] {
  return readdirSync('/dev/shm').filter((name) => pids.some((pid) => name.startsWith(`shared-channel-${pid}-`)))
}

/** One line for each thing. */
function whatIsMore(before: Snapshot, now: Snapshot): string[] {
  const more = [...now].flatMap(([pid, { kind, counts }]) =>
    Object.entries(counts).flatMap(([what, count]) => {
      const most = before.get(pid)?.counts[what] ?? (what in SLACK ? Number.POSITIVE_INFINITY : 0)
      return count > most + (SLACK[what] ?? 0) ? [`${kind} ${pid}: ${what}: ${count}, before ${most}`] : []
    }),
  )
  const kinds = new Set([...now.values()].map(({ kind }) => kind))
  const count = (snapshot: Snapshot, kind: string) => [...snapshot.values()].filter((of) => of.kind === kind).length
  for (const kind of kinds) {
    const [was, is] = [count(before, kind), count(now, kind)]
    if (is > was && !CHROMIUMS.includes(kind)) more.push(`processes, ${kind}: ${is}, before ${was}`)
  }
  return more
}

function countsOf(pid: number): Counts {
  return {
    ...holdingsOf(pid),
    'files in /dev/shm': sharedMemoryFilesOf([pid]).length,
    'all threads': readdirSync(`/proc/${pid}/task`).length,
    'all descriptors': readdirSync(`/proc/${pid}/fd`).length,
  }
}

/** From its command line: the type or the service of Chromium's, else the program's name. */
function kindOf(pid: number): string {
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  const [, kind] = /--utility-sub-type=([\w.]+)/.exec(command) ?? /--type=([\w-]+)/.exec(command) ?? []
  return kind ?? basename(command.split('\0')[0] ?? '')
}
