import {
  bytes,
  type ChannelEnd,
  type ChannelOptions,
  defineProtocol,
  SharedChannel,
  type Side,
} from '@shared-channel/core'
import type { Port } from '../../src/shared/port.ts'
import { portLink } from '../../src/shared/port-link.ts'

export const Counted = defineProtocol({ both: { data: { id: 1, codec: bytes({ view: true }) } } })

export interface CountingOptions extends ChannelOptions {
  /** Bytes of either ring. */
  capacity: number
  /** How many messages it sends. */
  count: number
  /** The largest, in bytes. */
  largest: number
  /** Closes when so many have come. */
  closesAfter?: number
}

export interface CountingResult {
  readonly sent: number
  readonly received: number
  /** Whether they were all whole and in order. */
  readonly inOrder: boolean
  readonly unconsumed: number
  readonly code: string | undefined
}

/** One end of a channel over a port: sends numbered messages, and checks those that come. */
export function countingEnd(port: Port, side: Side, options: CountingOptions) {
  const { capacity, count, largest, closesAfter } = options
  const link = portLink(port, { side, sendCapacity: capacity, receiveCapacity: capacity })
  const channel = new SharedChannel(link, Counted, options)
  let sent = 0
  let received = 0
  let inOrder = true
  channel.on('data', (data) => {
    inOrder &&= isNumbered(data, received, sizeOf(received, largest))
    received++
    if (received === closesAfter) void channel.close()
  })
  const send = async () => {
    while (sent < count && channel.state === 'open') {
      const hasRoom = channel.send('data', numbered(sent, sizeOf(sent, largest)))
      sent++
      if (!hasRoom) await channel.ready
    }
  }
  const result = Promise.all([channel.closed, send().catch(() => {})]).then(
    ([{ unconsumed, reason }]: [ChannelEnd, unknown]): CountingResult => ({
      sent,
      received,
      inOrder,
      unconsumed,
      code: reason?.code,
    }),
  )
  return { channel, link, result }
}

const sizeOf = (number: number, largest: number): number => 4 + ((number * 7919) % (largest - 3))

function numbered(number: number, size: number): Uint8Array {
  const data = new Uint8Array(size).fill(number * 31)
  new DataView(data.buffer).setUint32(0, number)
  return data
}

function isNumbered(data: Uint8Array, number: number, size: number): boolean {
  const isSame = data.length === size && new DataView(data.buffer, data.byteOffset).getUint32(0) === number
  return isSame && data.subarray(4).every((byte) => byte === ((number * 31) & 255))
}
