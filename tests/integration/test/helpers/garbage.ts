import { setTimeout as sleep } from 'node:timers/promises'

const CANARY = 0x5a

/** Everything that nobody refers to is gone, buffers too: their memory is freed by a task of its own. */
export async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await sleep(1)
  }
}

/** New memory of all sorts, some of which lies where memory was freed before: nobody may write into it. */
export function makeCanaries(size: number): Uint8Array[] {
  const sorts = [
    () => new ArrayBuffer(size),
    () => new ArrayBuffer(size, { maxByteLength: size }),
    () => new SharedArrayBuffer(size, { maxByteLength: size }),
  ]
  const ofEach = (make: () => ArrayBufferLike) =>
    Array.from({ length: 10 }, () => new Uint8Array(make(), 0, size).fill(CANARY))
  return sorts.flatMap(ofEach)
}

/** How many of them have been written into. */
export function spoiledCanaries(canaries: Uint8Array[]): number {
  const fresh = new Uint8Array(canaries[0]?.byteLength ?? 0).fill(CANARY)
  return canaries.filter((canary) => Buffer.compare(canary, fresh) !== 0).length
}
