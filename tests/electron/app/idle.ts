// A page that opens nothing: what is left of the pages before it in its process?
import { countMappings, holdingsOf } from './own-process.ts'
import type { Left } from './task.ts'

const MOST_COLLECTIONS = 20

declare const gc: () => void

export async function idle(): Promise<Left> {
  const { threads, descriptors, watched } = holdingsOf('self')
  // V8's pages are unmapped when it collects the buffers over them; what a context held may take some rounds.
  for (let round = 0; round < MOST_COLLECTIONS && countMappings('self') > 0; round++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  return { pid: process.pid, threads, descriptors, watched, mappings: countMappings('self') }
}
