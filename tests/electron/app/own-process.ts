// What Shared Channel holds in a process, as the kernel tells it.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Holdings } from './task.ts'

const SEGMENT = 'memfd:shared-channel'

export function holdingsOf(pid: number | 'self'): Holdings {
  return {
    threads: countThreads(pid),
    descriptors: countDescriptors(pid, SEGMENT),
    mappings: countMappings(pid),
    watched: countDescriptors(pid, '[pidfd]'),
  }
}

/** Threads of ours: of plugins, of channels, of the watch over other processes. */
export function countThreads(pid: number | 'self'): number {
  return count(`/proc/${pid}/task`, (task) => /^(sc:|shared-channel)/.test(readFileSync(`${task}/comm`, 'utf8')))
}

function countDescriptors(pid: number | 'self', what: string): number {
  return count(`/proc/${pid}/fd`, (descriptor) => readlinkSync(descriptor).includes(what))
}

/** Mappings of segments, over V8's pages and beside them. */
export function countMappings(pid: number | 'self'): number {
  return readFileSync(`/proc/${pid}/maps`, 'utf8').split(SEGMENT).length - 1
}

function count(folder: string, matches: (path: string) => boolean): number {
  return readdirSync(folder).filter((entry) => {
    try {
      return matches(`${folder}/${entry}`)
    } catch {
      return false // gone since the folder was read
    }
  }).length
}

/** The file of the addon, as this process has loaded it. */
export function mappedAddon(): string | undefined {
  return /\/.*shared_channel\.node/.exec(readFileSync('/proc/self/maps', 'utf8'))?.[0]
}
