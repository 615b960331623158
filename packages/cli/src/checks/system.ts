import { accessSync, constants, readFileSync, statfsSync } from 'node:fs'
import { type Finding, ok } from '../finding.ts'

const SHARED_MEMORY_FOLDER = '/dev/shm'
/** Docker gives a container 64 MiB, in which Chromium's own memory of pages does not go far. */
const LEAST_FREE_BYTES = 256 << 20
/** Each segment and each watched process takes one; Chromium takes hundreds. */
const LEAST_DESCRIPTORS = 1024

/** What the operating system grants beside memfd, which only the addon can try; so far on Linux. */
export function checkSystem(): Finding[] {
  if (process.platform !== 'linux') return []
  return [checkSharedMemoryFolder(SHARED_MEMORY_FOLDER), checkDescriptors()]
}

export function checkSharedMemoryFolder(folder: string): Finding {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK)
  } catch (error) {
    return {
      level: 'problem',
      what: `${folder} cannot be used: ${error instanceof Error ? error.message : error}`,
      why: 'Chromium keeps the memory of its pages there, and so do we where memfd is refused.',
      change: 'Mount it: mount -t tmpfs -o mode=1777 shm /dev/shm',
    }
  }
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const size = `${folder} has ${Math.floor(free / 2 ** 20)} MiB free.`
  if (free >= LEAST_FREE_BYTES) return ok(size)
  return {
    level: 'note',
    what: size,
    why: 'Chromium keeps the memory of its pages there: windows crash when it is full. Our own memory is elsewhere, except where memfd is refused.',
    change: 'Make it larger: docker run --shm-size=1g, or mount -o remount,size=1g /dev/shm',
  }
}

function checkDescriptors(): Finding {
  const [, soft = 'unlimited'] = /^Max open files +(\w+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  const what = `A process may have ${soft} open files.`
  if (soft === 'unlimited' || Number(soft) >= LEAST_DESCRIPTORS) return ok(what)
  return {
    level: 'note',
    what,
    why: 'Each channel and each shared buffer takes at least one; OUT_OF_MEMORY comes when none is left.',
    change: `Raise the limit before the application starts: ulimit -n ${LEAST_DESCRIPTORS}`,
  }
}
