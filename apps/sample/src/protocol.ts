/** What plugin/sample.cpp understands. */
import { bytes, type Codec, custom, defineProtocol, json, SharedChannelError, text } from '@shared-channel/core'
import { typedMessage } from '@shared-channel/core/compat'

/** Answer to `describe`. */
export interface Description {
  readonly name: string
  /** As the plugin was opened with. */
  readonly options: unknown
  /** How many of this plugin there are in its process; in a browser, in its worker. */
  readonly instances: number
}

/** The name that the applications' brokers give the plugin. */
export const SAMPLE = 'sample'

/** Levels a second, at most. */
export const LARGEST_RATE = 1_000_000

/**
 * The protocol of the sample plugin.
 *
 * @example
 * const channel = new SharedChannel(await connect(SAMPLE), Sample)
 * channel.on('level', show)
 * channel.send('rate', { perSecond: 1000 })
 */
export const Sample = defineProtocol({
  send: {
    /** How many levels a second, up to {@link LARGEST_RATE}, from now on; 0: none. */
    rate: { id: 1, codec: numbers('perSecond') },
    /** Asks for blocks of a pattern (`StreamCheck`), and `streamed` behind them. A block fits into half the ring. */
    stream: { id: 3, codec: numbers('blocks', 'blockBytes', 'seed') },
    /** The checksum of the blocks that were sent since the last one. */
    checksum: { id: 6, codec: json<null>(), reply: numbers('blocks', 'checksum') },
    describe: { id: 7, codec: json<null>(), reply: json<Description>() },
    /** Makes the plugin report this as an error; `'trap'` makes it crash. */
    fail: { id: 8, codec: text() },
  },
  receive: {
    /** From 0 to 1, up and down once in two seconds; the `n`th of a rate is `levelAt(n, perSecond)`. */
    level: { id: 2, codec: float64() },
    streamed: { id: 5, codec: numbers('blocks', 'checksum') },
  },
  both: {
    /** Answered: TEXT in upper case, BINARY backwards, the COMMAND `ping` with `pong`. */
    message: { id: 0, codec: typedMessage() },
    block: { id: 4, codec: bytes() },
  },
})

/** The `n`th level (from 0) that comes at a rate; exact, so that it can be checked. */
export function levelAt(n: number, perSecond: number): number {
  const seconds = (n % (2 * perSecond)) / perSecond
  return seconds > 1 ? 2 - seconds : seconds
}

/** Numbers by name, each a u32, in this order. */
function numbers<Name extends string>(...names: readonly Name[]): Codec<Readonly<Record<Name, number>>> {
  return custom({
    encode: (values) => new Uint8Array(Uint32Array.from(names, (name) => values[name]).buffer),
    decode: (received) => {
      checkLength(received, names.length * 4)
      const view = new DataView(received.buffer, received.byteOffset)
      const entries = names.map((name, i) => [name, view.getUint32(i * 4, true)])
      return Object.fromEntries(entries)
    },
    input: 'scratch',
  })
}

function float64(): Codec<number> {
  return custom({
    encode: (value) => new Uint8Array(Float64Array.of(value).buffer),
    decode: (received) => {
      checkLength(received, 8)
      return new DataView(received.buffer, received.byteOffset).getFloat64(0, true)
    },
    input: 'scratch',
  })
}

function checkLength({ byteLength }: Uint8Array, expected: number): void {
  if (byteLength === expected) return
  throw new SharedChannelError('CORRUPT', `The message has ${byteLength} bytes; expected are ${expected}.`)
}
