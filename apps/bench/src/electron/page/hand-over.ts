// Handing a buffer to another page: how long until that one has read in it.
import { defineProtocol, flip, json, type Link, SharedChannel } from '@shared-channel/core'
import { createSharedBuffer, sharedBuffer } from '@shared-channel/electron/renderer'
import { interleave } from '../../interleave.ts'
import { mark, touch } from '../../processes/touch.ts'
import type { Outcome } from '../../row.ts'
import { median } from '../../statistics.ts'
import type { HandOverSettings } from '../order.ts'
import { otherPage, port } from './ends.ts'

/** Before each: both pages are done with the one before it, and asleep. */
const REST_MILLISECONDS = 10

/** What the other page has done with it. */
interface Reading {
  /** By the clock that all processes share. */
  readonly touchedAt: number
  readonly sum: number
}

const HAND_OVER = defineProtocol({
  send: { buffer: { id: 1, codec: sharedBuffer() } },
  receive: { reading: { id: 2, codec: json<Reading>() } },
})

interface PortHandOver {
  readonly order: 'hand-over'
  readonly buffer: ArrayBuffer
}

/** Milliseconds from the post until the other page has read the first byte, the last, and one in every 64 MiB. */
export async function measureHandOver({ rounds, perRound, size }: HandOverSettings): Promise<Outcome> {
  const channel = new SharedChannel(await otherPage, HAND_OVER)
  const buffer = await createSharedBuffer(size)
  const copied = new Uint8Array(size)
  const peer = await port
  let read: (reading: Reading) => void = () => {}
  channel.on('reading', (reading) => read(reading))
  peer.onmessage = ({ data }: MessageEvent<Reading>) => read(data)
  const time = async (expected: number, post: () => void) => {
    const reading = new Promise<Reading>((resolve) => {
      read = resolve
    })
    await new Promise((resolve) => setTimeout(resolve, REST_MILLISECONDS))
    const start = machine.now()
    post()
    const { touchedAt, sum } = await reading
    if (sum !== expected) throw new Error(`the other page read ${sum} instead of ${expected}`)
    return touchedAt - start
  }
  const order: PortHandOver = { order: 'hand-over', buffer: copied.buffer }
  const [expected, expectedCopied] = [mark(buffer.bytes), mark(copied)]
  const block = async (handOver: () => Promise<number>) => {
    await handOver() // what the other contender has left is collected meanwhile
    const times: number[] = []
    for (let i = 0; i < perRound; i++) times.push(await handOver())
    return median(times)
  }
  const { ours, MessagePort } = await interleave(rounds, {
    ours: () => block(() => time(expected, () => channel.send('buffer', buffer))),
    MessagePort: () => block(() => time(expectedCopied, () => peer.postMessage(order))),
  })
  buffer.close()
  await channel.close()
  return { ours, peers: { MessagePort } }
}

/** The other page, over a channel. */
export function takeOver(link: Link): void {
  const channel = new SharedChannel(link, flip(HAND_OVER))
  channel.on('buffer', (buffer) => {
    const sum = touch(buffer.bytes)
    const touchedAt = machine.now()
    buffer.release()
    channel.send('reading', { touchedAt, sum })
  })
}

/** The other page, over a port. */
export function takeOverPort(port: MessagePort): (message: PortHandOver) => void {
  return ({ order, buffer }) => {
    if (order !== 'hand-over') return
    const sum = touch(new Uint8Array(buffer))
    port.postMessage({ touchedAt: machine.now(), sum } satisfies Reading)
  }
}
