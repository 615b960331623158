// Another process that owns a segment (src/segment_owner.cpp).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('build/Release/segment_owner', import.meta.url))

export interface SegmentOwner {
  readonly handle: string
  /** Offsets in bytes. Done in the segment when the promise is. */
  write(offset: number, byte: number): Promise<void>
  read(offset: number): Promise<number>
  /** Ends the process. */
  close(): Promise<void>
}

/** @param size Of the segment, in bytes. */
export async function startOwner(size: number): Promise<SegmentOwner> {
  const child = spawn(PROGRAM, [String(size)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the owner of the segment has ended: ${await ended}`)
    return String(value)
  }
  const ask = (order: string) => {
    child.stdin.write(`${order}\n`)
    return answer()
  }
  return {
    handle: await answer(),
    async write(offset, byte) {
      await ask(`write ${offset} ${byte}`)
    },
    read: async (offset) => Number(await ask(`read ${offset}`)),
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
