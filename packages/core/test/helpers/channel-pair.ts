import { onTestFinished } from 'vitest'
import { SharedChannel } from '../../src/channel.ts'
import type { ChannelOptions } from '../../src/channel-options.ts'
import { bytes, json, text } from '../../src/codec.ts'
import { defineProtocol, flip, type MessageEntries, type Protocol } from '../../src/protocol.ts'
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

/** Calls that both ends may make and answer, and a message beside them. */
export const Ask = defineProtocol({
  both: {
    note: { id: 1, codec: text() },
    ask: { id: 2, codec: json<unknown>(), reply: json<unknown>() },
    echo: { id: 3, codec: bytes(), reply: bytes() },
    look: { id: 4, codec: bytes({ view: true }), reply: text() },
  },
})
export type Ask = typeof Ask

export interface Pair<P extends Protocol = Talk, Other extends Protocol = P> {
  readonly a: SharedChannel<P>
  readonly b: SharedChannel<Other>
  readonly linkA: MemoryLink
  readonly linkB: MemoryLink
  readonly memory: ArrayBufferLike
}

export interface PairOptions extends ChannelOptions {
  capacity?: number
  optionsB?: ChannelOptions
}

/** Two channels that talk to each other; closed when the test ends. */
export const openPair = (options?: PairOptions): Pair => openEnds(Talk, options)

/** The same of two channels that call each other. */
export const openCalls = (options?: PairOptions): Pair<Ask> => openEnds(Ask, options)

/** The same with a protocol of the test's own: `a` has it as it is, `b` flipped. */
export function openEnds<Send extends MessageEntries, Receive extends MessageEntries>(
  protocol: Protocol<Send, Receive>,
  options: PairOptions = {},
): Pair<Protocol<Send, Receive>, Protocol<Receive, Send>> {
  const { capacity = 4096, optionsB, ...optionsA } = options
  const [linkA, linkB] = memoryLinks(capacity, capacity)
  const a = new SharedChannel(linkA, protocol, { closeTimeout: 50, ...optionsA })
  const b = new SharedChannel(linkB, flip(protocol), { closeTimeout: 50, ...optionsA, ...optionsB })
  onTestFinished(async () => {
    await Promise.all([a.close(), b.close()])
  })
  return { a, b, linkA, linkB, memory: linkA.memory }
}

/** Sends until the channel asks to slow down. Returns how many were accepted. */
export function sendUntilFalse(channel: SharedChannel<Talk>, size = 100): number {
  for (let count = 1; ; count++) if (!channel.send('data', pattern(size, count))) return count
}

/** Fills the ring as far as messages of `size` bytes go in; nothing waits. Returns how many went in. */
export function fillRing(channel: SharedChannel<Talk>, size = 500): number {
  for (let count = 0; ; count++) if (!channel.trySend('data', pattern(size, count))) return count
}
