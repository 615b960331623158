import {
  bytes,
  type ChannelOptions,
  defineProtocol,
  flip,
  json,
  SharedChannel,
  type SharedChannelError,
  text,
} from '@shared-channel/core'
import { expect, onTestFinished } from 'vitest'
import { type PortLink, portLink } from '../../src/shared/port-link.ts'

/** Goes both ways, so that both ends may use the same names. */
export const Talk = defineProtocol({
  both: {
    data: { id: 1, codec: bytes() },
    note: { id: 2, codec: text() },
    seen: { id: 3, codec: bytes({ view: true }) },
    echo: { id: 4, codec: bytes(), reply: bytes() },
    ask: { id: 5, codec: json<unknown>(), reply: json<unknown>() },
  },
})
export type End = SharedChannel<typeof Talk>

export interface Pair {
  readonly a: End
  readonly b: End
  readonly links: readonly [PortLink, PortLink]
}

/** What an end of a port with rings of 4096 bytes says first. */
export const OPEN = { type: 'open', capacities: [4096, 4096], takesTransfers: true, canBeStopped: false }

/** A record of a message `note` (or of text, for plugins: type 1), as a RingWriter writes it. */
export function record(note: string, type = 2): ArrayBuffer {
  const bytes = new Uint8Array(8 + Math.ceil(note.length / 8) * 8)
  new Uint32Array(bytes.buffer, 0, 2).set([note.length, type + (1 << 24) + (1 << 25)])
  bytes.set(new TextEncoder().encode(note), 8)
  return bytes.buffer
}

/** A link at one end of a new port, and the bare other end, with what it hears. */
export function openBare(capacity = 4096) {
  const { port1, port2 } = new MessageChannel()
  const link = portLink(port1, { side: 0, sendCapacity: capacity, receiveCapacity: capacity })
  const told: { type: string; bytes?: ArrayBuffer }[] = []
  port2.onmessage = ({ data }) => told.push(data)
  onTestFinished(() => port2.close())
  return { link, port: port1, farPort: port2, told, post: (message: unknown) => port2.postMessage(message) }
}

/** Links over both ends of a new MessageChannel. */
export function openLinks(capacity0 = 4096, capacity1 = capacity0): readonly [PortLink, PortLink] {
  const { port1, port2 } = new MessageChannel()
  return [
    portLink(port1, { side: 0, sendCapacity: capacity0, receiveCapacity: capacity1 }),
    portLink(port2, { side: 1, sendCapacity: capacity1, receiveCapacity: capacity0 }),
  ]
}

/** Channels over both; closed when the test ends. */
export function openPair(capacity?: number, options: ChannelOptions = {}, links = openLinks(capacity)): Pair {
  const a: End = new SharedChannel(links[0], Talk, { closeTimeout: 500, ...options })
  const b: End = new SharedChannel(links[1], flip(Talk), { closeTimeout: 500, ...options })
  onTestFinished(async () => void (await Promise.all([a.close(), b.close()])))
  return { a, b, links }
}

/** What a channel hears. */
export function notesOf(channel: End): string[] {
  const notes: string[] = []
  channel.on('note', (note) => notes.push(note))
  return notes
}

export function errorsOf(channel: { onError(handler: (error: unknown) => void): () => void }): SharedChannelError[] {
  const errors: SharedChannelError[] = []
  channel.onError((error) => errors.push(error as SharedChannelError))
  return errors
}

export const failure = (code: string, message: string | RegExp = '') =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

/** Bytes that tell where they are from: each depends on its place and on `seed`. */
export function pattern(size: number, seed = 0): Uint8Array {
  const result = new Uint8Array(size)
  for (let i = 0; i < size; i++) result[i] = (i * 31 + (i >>> 8) * 7 + seed * 101) & 255
  return result
}

/** The same bytes. Compares at once; only where they differ is it told where, as `toEqual` does. */
export function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  if (actual === undefined || Buffer.compare(actual, expected) !== 0) expect(actual).toEqual(expected)
}

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Waits for a condition; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}
