// What Linux tells about this process. Other systems come with their own way when the addon runs there.
import { readdirSync, readFileSync } from 'node:fs'

const SELF = '/proc/self'
/** The kernel cuts a thread's name here. */
const LONGEST_THREAD_NAME = 15

export interface ThreadStatus {
  readonly id: number
  readonly asleep: boolean
  /** How often the thread gave its core away by itself: once for each time it slept. */
  readonly voluntarySwitches: number
}

/** The threads of all open instances of a plugin. The addon names them after the plugin. */
export function pluginThreads(plugin: string): ThreadStatus[] {
  const name = `sc:${plugin}`.slice(0, LONGEST_THREAD_NAME)
  const found: ThreadStatus[] = []
  for (const id of readdirSync(`${SELF}/task`)) {
    const status = readIfThere(`${SELF}/task/${id}/status`)
    if (status === undefined || field(status, 'Name') !== name) continue
    found.push({
      id: Number(id),
      asleep: field(status, 'State').startsWith('S'),
      voluntarySwitches: Number(field(status, 'voluntary_ctxt_switches')),
    })
  }
  return found
}

export interface Resources {
  readonly memory: number
  readonly mappings: number
  readonly threads: number
  readonly descriptors: number
}

/** What this process holds now; memory is what is resident, in bytes. */
export function resourcesInUse(): Resources {
  return {
    memory: process.memoryUsage.rss(),
    mappings: readFileSync(`${SELF}/maps`, 'utf8').split('\n').length - 1,
    threads: readdirSync(`${SELF}/task`).length,
    descriptors: readdirSync(`${SELF}/fd`).length,
  }
}

/** A thread may end between being listed and being read. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function field(status: string, name: string): string {
  const value = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]
  if (value === undefined) throw new Error(`the kernel does not tell a thread's ${name}`)
  return value
}
