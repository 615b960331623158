import { onTestFinished } from 'vitest'
import { SharedChannel } from '../../src/channel.ts'
import type { ChannelOptions } from '../../src/channel-options.ts'
import { bytes, json, text } from '../../src/codec.ts'
import { defineProtocol, flip } from '../../src/protocol.ts'
import { pattern } from './bytes.ts'
import { type MemoryLink, memoryLinks } from './memory-link.ts'

/** Goes both ways, so that both ends may use the same names. */
export const Talk = defineProtocol({
  both: {
    data: { id: 1, codec: bytes() },
    note: { id: 2, codec: text() },
    value: { id: 3, codec: json<unknown>() },
    seen: { id: 4, codec: bytes({ view: true }) },
  },
})
export type Talk = typeof Talk

export interface Pair {
  readonly a: SharedChannel<Talk>
  readonly b: SharedChannel<Talk>
  readonly linkA: MemoryLink
  readonly linkB: MemoryLink
  readonly memory: ArrayBufferLike
}

/** Two channels that talk to each other; closed when the test ends. */
export function openPair(options: ChannelOptions & { capacity?: number; optionsB?: ChannelOptions } = {}): Pair {
  const { capacity = 4096, optionsB, ...optionsA } = options
  const [linkA, linkB] = memoryLinks(capacity, capacity)
  const a = new SharedChannel(linkA, Talk, { closeTimeout: 50, ...optionsA })
  const b = new SharedChannel(linkB, flip(Talk), { closeTimeout: 50, ...optionsA, ...optionsB })
  onTestFinished(async () => {
    await Promise.all([a.close(), b.close()])
  })
  return { a, b, linkA, linkB, memory: linkA.memory }
}

/** Sends until the channel asks to slow down. Returns how many were accepted. */
export function sendUntilFalse(channel: SharedChannel<Talk>, size = 100): number {
  for (let count = 1; ; count++) if (!channel.send('data', pattern(size, count))) return count
}
