// Reading shared memory from JavaScript, next to reading ordinary memory.
import { createSharedBuffer } from '@shared-channel/native'
import { interleave } from '../interleave.ts'
import type { Outcome } from '../row.ts'

export interface MappedReadSettings {
  readonly rounds: number
  /** Bytes; a power of two. */
  readonly size: number
}

/** A random place for each word, by a generator that visits them in no order a processor could guess. */
const RANDOM_READS = 1 << 22
const WORD = 4

/** Both warm: GB/s in order, and the same at random places. The lower one of the two ratios is the row. */
export async function measureMappedRead({ rounds, size }: MappedReadSettings): Promise<Outcome> {
  const buffer = createSharedBuffer(size)
  try {
    const mapped = filled(new Uint32Array(buffer.arrayBuffer, 0, size / WORD))
    const plain = filled(new Uint32Array(size / WORD))
    const inOrder = await interleave(rounds, {
      ours: async () => rate(size, () => readInOrder(mapped)),
      plain: async () => rate(size, () => readInOrder(plain)),
    })
    const atRandom = await interleave(rounds, {
      ours: async () => rate(RANDOM_READS * WORD, () => readAtRandom(mapped)),
      plain: async () => rate(RANDOM_READS * WORD, () => readAtRandom(plain)),
    })
    const ratio = (of: { ours: number; plain: number }) => of.ours / of.plain
    const [worse, name] = ratio(inOrder) < ratio(atRandom) ? [inOrder, 'in order'] : [atRandom, 'at random places']
    return {
      ours: worse.ours,
      peers: { plain: worse.plain },
      notes: [
        `${name}, the lower of the two; in order ${ratio(inOrder).toFixed(3)}, at random places ${ratio(atRandom).toFixed(3)} of a plain ArrayBuffer`,
      ],
    }
  } finally {
    buffer.close()
  }
}

function filled(words: Uint32Array): Uint32Array {
  for (let i = 0; i < words.length; i++) words[i] = i
  return words
}

function rate(bytes: number, read: () => number): number {
  const start = performance.now()
  if (read() === 0) throw new Error('nothing was read')
  return bytes / 1e6 / (performance.now() - start)
}

function readInOrder(words: Uint32Array): number {
  let sum = 1
  for (let i = 0; i < words.length; i++) sum += words[i] as number
  return sum
}

function readAtRandom(words: Uint32Array): number {
  const mask = words.length - 1
  let sum = 1
  let place = 1
  for (let i = 0; i < RANDOM_READS; i++) {
    place = (Math.imul(place, 1664525) + 1013904223) | 0
    sum += words[(place >>> 3) & mask] as number
  }
  return sum
}
