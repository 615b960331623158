// What Linux tells of this process.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Ids of the threads of this process whose names match. */
export function threadsNamed(name: RegExp): number[] {
  return readdirSync('/proc/self/task')
    .map(Number)
    .filter((thread) => name.test(readThread(thread, 'comm').trim()))
}

/** How often these threads have gone to sleep on their own. */
export function voluntarySwitches(threads: readonly number[]): number {
  const count = (thread: number) => /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readThread(thread, 'status'))?.[1]
  return threads.reduce((sum, thread) => sum + Number(count(thread)), 0)
}

/** Time that a thread has run, in ticks of mostly 10 ms. */
export function cpuTicks(thread: number): number {
  // The second field, a name in parentheses, may hold spaces.
  const fields = readThread(thread, 'stat').replace(/^.*\)/, '').split(' ')
  return Number(fields[12] ?? 0) + Number(fields[13] ?? 0)
}

/** Mappings of segments, both V8's and native code's. */
export function segmentMappings(): string[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes('memfd:shared-channel'))
}

/** Open descriptors of segments. */
export function segmentDescriptors(): string[] {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).includes('memfd:shared-channel')
    } catch {
      return false // the one that read the folder
    }
  })
}

/** The processes of plugins that a process has started, by default this one: their numbers and names. */
export function hostProcesses(parent = process.pid): { pid: number; name: string }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const stat = readStat(entry)
      const [, name = '', parentPid = ''] = /^\d+ \((.*)\) \S (\d+)/s.exec(stat) ?? []
      return /^(sc:|shared-channel)/.test(name) && Number(parentPid) === parent ? [{ pid: Number(entry), name }] : []
    })
}

/** Whether there is such a process; one that has ended and was not waited for counts. */
export const isThere = (pid: number): boolean => readStat(pid) !== ''

/** Whether it runs; when its parent has ended, somebody else waits for it, who may take his time. */
export const isRunning = (pid: number): boolean => / [^Z] \d+ /.test(/\) \S \d+ /.exec(readStat(pid))?.[0] ?? '')

function readStat(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}

/** A file of a thread; empty when the thread has ended meanwhile. */
function readThread(thread: number, file: string): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
