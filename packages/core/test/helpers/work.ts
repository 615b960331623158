// What the tests of worker links and their workers say to each other.
import { bytes, json, text } from '../../src/codec.ts'
import { defineProtocol } from '../../src/protocol.ts'

export const Work = defineProtocol({
  send: {
    /** What the worker shall do; see the table in children/link-worker.ts. */
    order: { id: 1, codec: text() },
    double: { id: 2, codec: json<number>(), reply: json<number>() },
    /** Has the worker send so many parts of a size, which is answered with the checksum of all parts that came from here. */
    exchange: { id: 3, codec: json<{ parts: number; size: number }>(), reply: json<number>() },
  },
  receive: { told: { id: 4, codec: text() } },
  both: { data: { id: 5, codec: bytes() } },
})
export type Work = typeof Work

/** Fletcher's checksum of 32-bit words, carried on from `sum`: it tells order, loss and change. */
export function checksum(data: Uint8Array, sum = 0): number {
  let low = sum & 65535
  let high = sum >>> 16
  const words = new Uint32Array(data.buffer, data.byteOffset, data.byteLength >>> 2)
  for (const word of words) {
    low = (low + word) % 65535
    high = (high + low) % 65535
  }
  return high * 65536 + low
}

/** Bytes that depend on their place and on the part; a multiple of 4. */
export function part(size: number, number: number): Uint8Array {
  const words = new Uint32Array(size / 4)
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + number, 2654435761) ^ number
  return new Uint8Array(words.buffer)
}
