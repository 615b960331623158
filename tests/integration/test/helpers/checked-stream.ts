// Streams of messages whose sizes and bytes all follow from a seed, so that whoever receives one knows each byte of it.
import { bytes, defineProtocol, json, type SharedChannel } from '@shared-channel/core'

/** What both ends speak. */
export const Between = defineProtocol({
  both: {
    data: { id: 1, codec: bytes() },
    double: { id: 2, codec: json<number>(), reply: json<number>() },
  },
})
export type Between = typeof Between

/** Numbers that look random and are the same for the same seed. */
export function randomFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/** The messages of a stream, one after the other: most are small, some larger than any ring of these tests. */
function* messagesOf(seed: number): Generator<Uint8Array> {
  const upTo = randomFrom(seed)
  for (;;) {
    const message = new Uint8Array(upTo(20) === 0 ? upTo(30_000) : upTo(700))
    const start = upTo(256)
    const step = upTo(256)
    for (let i = 0; i < message.length; i++) message[i] = start + i * step
    yield message
  }
}

/** Sends so many messages of a stream. Resolves when they are accepted and there is room again. */
export async function sendStream(channel: SharedChannel<Between>, seed: number, count: number): Promise<void> {
  const messages = messagesOf(seed)
  for (let i = 0; i < count; i++) {
    if (!channel.send('data', messages.next().value)) await channel.ready
  }
}

/** Takes the messages of a stream; throws at the first that is not the next one of it. */
export class StreamCheck {
  /** How many came. */
  count = 0
  readonly #seed: number
  readonly #messages: Generator<Uint8Array>

  constructor(seed: number) {
    this.#seed = seed
    this.#messages = messagesOf(seed)
  }

  take(data: Uint8Array): void {
    const expected: Uint8Array = this.#messages.next().value
    if (Buffer.compare(data, expected) !== 0) {
      throw new Error(`message ${this.count} of ${data.length} bytes is not that of the stream ${this.#seed}`)
    }
    this.count++
  }
}

/** Receives so many messages of a stream. Rejects at a wrong one, and when the channel ends before. */
export function receiveStream(channel: SharedChannel<Between>, seed: number, count: number): Promise<void> {
  const check = new StreamCheck(seed)
  return new Promise((resolve, reject) => {
    channel.on('data', (data) => {
      try {
        check.take(data)
      } catch (error) {
        reject(error)
      }
      if (check.count === count) resolve()
    })
    void channel.closed.then(({ reason }) => reject(reason ?? new Error(`closed after ${check.count} messages`)))
  })
}
