import { invalidArgument, SharedChannelError } from './errors.ts'

/**
 * How a payload becomes bytes and bytes a payload.
 *
 * @typeParam In What is given to `send`.
 * @typeParam Out What a receiver gets.
 */
export interface Codec<In, Out = In> {
  /** The payload's bytes. They are copied before `send` returns; the array may be reused. Throw to refuse the payload. */
  encode(value: In): Encoded
  /** The payload again. Throw when the bytes are not one; the error reaches `channel.onError`, and receiving goes on. */
  decode(bytes: Uint8Array): Out
  /**
   * What `decode` is given. `'copy'` (default): an array of its own, to keep. `'scratch'`: a private array, valid until
   * `decode` returns. `'view'`: the shared memory itself, valid until the handlers have returned; the other side could
   * change it while it is read, so nothing that trusts it (a parser, a text decoder) may see it.
   */
  readonly input?: 'copy' | 'scratch' | 'view'
  /** Makes the codec that one channel uses. Called once by each, while it is made. */
  bind?(channel: object): Codec<In, Out>
  /** Is given a message that nobody decodes, since nobody wants it. */
  unwanted?(bytes: Uint8Array): void
}

/** What a codec encodes to. */
export interface Encoded extends Uint8Array {
  /** Called when the bytes were not sent after all: there was no room, or the message was given up. */
  unsent?(): void
}

const SCRATCH_BYTES = 65536
let encodeScratch: Uint8Array | undefined
let textEncoder: TextEncoder | undefined
let textDecoder: TextDecoder | undefined

function encodeText(value: string): Uint8Array {
  textEncoder ??= new TextEncoder()
  // A UTF-16 unit becomes at most 3 bytes.
  if (value.length * 3 > SCRATCH_BYTES) return textEncoder.encode(value)
  encodeScratch ??= new Uint8Array(SCRATCH_BYTES)
  return encodeScratch.subarray(0, textEncoder.encodeInto(value, encodeScratch).written)
}

function decodeText(bytes: Uint8Array): string {
  // Keeps a byte order mark: what was sent is what is received.
  textDecoder ??= new TextDecoder('utf-8', { ignoreBOM: true })
  return textDecoder.decode(bytes)
}

/**
 * Bytes as they are.
 *
 * @param options `view: true` hands receivers a view of the shared memory instead of a copy: valid until the handler
 *   returns, for peers that keep still.
 * @returns A codec that sends any `ArrayBuffer` or view and receives a `Uint8Array`.
 * @example
 * const Camera = defineProtocol({ receive: { frame: { id: 3, codec: bytes({ view: true }) } } })
 */
export function bytes(options: { view?: boolean } = {}): Codec<ArrayBufferView | ArrayBufferLike, Uint8Array> {
  return {
    encode: (value) => {
      if (value instanceof Uint8Array) return value
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      // By name, since a buffer may come from another realm; `new Uint8Array(5)` would be five zeroes.
      const kind = Object.prototype.toString.call(value)
      if (kind === '[object ArrayBuffer]' || kind === '[object SharedArrayBuffer]') return new Uint8Array(value)
      throw invalidPayload('an ArrayBuffer or a view of one', value)
    },
    decode: (received) => received,
    input: options.view ? 'view' : 'copy',
  }
}

/** Text, as UTF-8. Lone surrogates become U+FFFD. */
export function text(): Codec<string> {
  return {
    encode: (value) => {
      if (typeof value !== 'string') throw invalidPayload('a string', value)
      return encodeText(value)
    },
    decode: decodeText,
    input: 'scratch',
  }
}

/**
 * Anything that JSON can hold.
 *
 * @typeParam T The payload's type. It is declared, not checked: what comes from a side that you do not trust is checked
 *   by you.
 * @example
 * json<{ exposure: number }>()
 */
export function json<T>(): Codec<T> {
  return {
    encode: (value) => {
      const encoded: string | undefined = JSON.stringify(value)
      if (encoded === undefined) throw invalidPayload('a value that JSON can hold', value)
      return encodeText(encoded)
    },
    decode: (received) => JSON.parse(decodeText(received)),
    input: 'scratch',
  }
}

/** A typed array class that `typedArray` takes. */
export interface TypedArrayConstructor<T> {
  readonly BYTES_PER_ELEMENT: number
  readonly name: string
  readonly prototype: T
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): T
}

/**
 * Numbers as a typed array, little-endian.
 *
 * @param arrayType `Float32Array`, `Int16Array`, `BigInt64Array`, …
 * @param options `view: true` hands receivers a view of the shared memory, see {@link bytes}.
 * @example
 * const Audio = defineProtocol({ receive: { samples: { id: 1, codec: typedArray(Float32Array) } } })
 */
export function typedArray<T extends ArrayBufferView>(
  arrayType: TypedArrayConstructor<T>,
  options: { view?: boolean } = {},
): Codec<T> {
  return {
    encode: (value) => {
      if (!(value instanceof arrayType)) throw invalidPayload(arrayType.name, value)
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    },
    decode: (received) => {
      const size = arrayType.BYTES_PER_ELEMENT
      if (received.byteLength % size !== 0) {
        throw new SharedChannelError(
          'CORRUPT',
          `A message of ${received.byteLength} bytes is not a ${arrayType.name}: its length must be a multiple of ${size}.`,
        )
      }
      return new arrayType(received.buffer, received.byteOffset, received.byteLength / size)
    },
    input: options.view ? 'view' : 'copy',
  }
}

/**
 * A codec of your own.
 *
 * @param codec `encode` and `decode`; see {@link Codec}.
 * @example
 * import { pack, unpack } from 'msgpackr'
 * const point = custom<{ x: number; y: number }>({ encode: pack, decode: unpack })
 */
export function custom<In, Out = In>(codec: Codec<In, Out>): Codec<In, Out> {
  if (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function') {
    throw invalidArgument('custom() needs an object with the functions encode and decode.')
  }
  return codec
}

/** The bytes of a payload, checked: any codec may be one of the user's. */
export function encode(name: string, codec: Codec<never, unknown>, payload: unknown): Encoded {
  const bytes = codec.encode(payload as never)
  // Elements of one byte each: anything else would be sent as something else.
  if (bytes?.BYTES_PER_ELEMENT !== 1) {
    throw invalidArgument(`The codec of "${name}" must encode to a Uint8Array.`)
  }
  return bytes
}

function invalidPayload(expected: string, value: unknown): SharedChannelError {
  const found = value === null ? 'null' : typeof value === 'object' ? value.constructor?.name : typeof value
  return invalidArgument(`The payload must be ${expected}; it is ${found}.`)
}
