// Processes of other programs, as the kernel tells it.
import { readdirSync, readFileSync } from 'node:fs'

/** This one and all below it that run now. */
export function processesOf(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(Number(entry))
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
  }
  const below = (parent: number): number[] => [parent, ...(children.get(parent) ?? []).flatMap(below)]
  return below(pid).filter(isRunning)
}

/** One that nobody has waited for yet (state Z) has ended. */
export function isRunning(pid: number): boolean {
  const status = statusOf(pid)
  return status !== undefined && !/^State:\tZ/m.test(status)
}

/** If it still runs. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function parentOf(pid: number): number | undefined {
  const match = /^PPid:\t(\d+)/m.exec(statusOf(pid) ?? '')
  return match?.[1] === undefined ? undefined : Number(match[1])
}

function statusOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return undefined // gone since the folder was read
  }
}
