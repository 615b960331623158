// Handing a buffer to another process: how long until that one has read in it.

import { setTimeout as sleep } from 'node:timers/promises'
import { defineProtocol, flip, json, SharedChannel } from '@shared-channel/core'
import {
  createChannel,
  createSharedBuffer,
  openChannel,
  postSharedBuffer,
  SharedBufferReceiver,
} from '@shared-channel/native'
import type { Outcome } from '../row.ts'
import { median } from '../statistics.ts'
import { endPeer, failureOf, startPeer } from './counterpart.ts'
import { mark, touch } from './touch.ts'

/** What the other process has done with a buffer. */
interface Reading {
  /** When it had read here and there, in milliseconds of the clock that all processes share. */
  readonly touchedAt: number
  readonly sum: number
  /** How long reading all of it took, in milliseconds; 0 when it was not to. */
  readonly fullRead: number
}

/** With a post: whether all of it is to be read, too. */
interface Order {
  readonly readAll: boolean
}

const HAND_OVER = defineProtocol({ receive: { reading: { id: 1, codec: json<Reading>() } } })
const RING = 1 << 16
/**
 * Between two posts. V8 starts to collect garbage in a process that has released more than 64 MiB, whoever's they were; that is
 * no part of handing over the next buffer.
 */
const PAUSE_MILLISECONDS = 5
/** Apart from the others: reading a gigabyte leaves nothing else in the caches. */
const FULL_READS = 3

/** Milliseconds from `post` until the other process has read the first byte, the last, and one in every 64 MiB. */
export async function measureHandOver(size: number, rounds: number): Promise<Outcome> {
  const { link, handle } = createChannel({ capacity: RING })
  const child = startPeer('hand-over', handle)
  const channel = new SharedChannel(link, HAND_OVER)
  const buffer = createSharedBuffer(size)
  try {
    const expected = mark(buffer.bytes)
    let read: (reading: Reading) => void = () => {}
    channel.on('reading', (reading) => read(reading))
    const failed = failureOf(child)
    const times: number[] = []
    const fullReads: number[] = []
    for (let round = 0; round <= rounds + FULL_READS; round++) {
      const readAll = round > rounds
      const reading = new Promise<Reading>((resolve) => {
        read = resolve
      })
      const start = now()
      const posted = postSharedBuffer(channel, buffer, { additionalData: { readAll } satisfies Order })
      const { touchedAt, sum, fullRead } = await Promise.race([reading, failed])
      if (sum !== expected) throw new Error(`the other process read ${sum} instead of ${expected}`)
      await posted.released
      await sleep(PAUSE_MILLISECONDS)
      if (round === 0) continue // warms up
      if (readAll) fullReads.push(fullRead)
      else times.push(touchedAt - start)
    }
    const fullRead = `a first read of all of it by the other process: ${median(fullReads).toFixed(2)} ms`
    return { ours: median(times), peers: {}, notes: [fullRead] }
  } finally {
    buffer.close()
    await channel.close()
    await endPeer(child)
  }
}

/** The other process. */
export function serveHandOver(handle: string): void {
  const channel = new SharedChannel(openChannel(handle), flip(HAND_OVER))
  const receiver = new SharedBufferReceiver(channel)
  receiver.addEventListener('sharedbufferreceived', (event) => {
    const { bytes } = event
    const sum = touch(bytes)
    const touchedAt = now()
    if ((event.additionalData as Order).readAll) readAll(bytes)
    const fullRead = now() - touchedAt
    receiver.releaseBuffer(event)
    channel.send('reading', { touchedAt, sum, fullRead })
  })
}

function readAll(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  let sum = 0
  for (let i = 0; i < words.length; i++) sum = (sum + (words[i] as number)) | 0
  return sum
}

/** CLOCK_MONOTONIC, in milliseconds: the same in all processes. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6
