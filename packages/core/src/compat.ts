/**
 * Messages with a type and a length in front, as many programs over a shared buffer exchange them: one byte of type, four
 * bytes of length (big-endian), the payload. For peers that speak this already; new protocols use `defineProtocol`.
 */
import type { Codec } from './codec.ts'
import { SharedChannelError } from './errors.ts'

/** The types that such messages usually have. Others, up to 255, are carried as well. */
export const MessageType = { TEXT: 0, BINARY: 1, COMMAND: 2 } as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** A message with its type. */
export interface TypedMessage {
  readonly type: MessageType
  readonly payload: Uint8Array
}

const HEAD_SIZE = 5
const MAX_PAYLOAD = 2 ** 32 - 1

/** Makes such messages and takes them apart. */
export const Protocol = {
  /**
   * @param type 0 to 255.
   * @param payload At most 4 GiB - 1 byte; copied.
   * @returns The message: type, length, payload.
   * @throws SharedChannelError `INVALID_ARGUMENT` for another type or payload.
   * @example
   * channel.send(Protocol.createMessage(MessageType.TEXT, new TextEncoder().encode('hello')))
   */
  createMessage(type: MessageType, payload: Uint8Array): Uint8Array {
    if (!Number.isInteger(type) || type < 0 || type > 255) {
      throw new SharedChannelError('INVALID_ARGUMENT', `A message's type must be 0 to 255; it is ${String(type)}.`)
    }
    if (!(payload instanceof Uint8Array) || payload.byteLength > MAX_PAYLOAD) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        `A payload must be a Uint8Array of at most ${MAX_PAYLOAD} bytes.`,
      )
    }
    const message = new Uint8Array(HEAD_SIZE + payload.byteLength)
    message[0] = type
    new DataView(message.buffer).setUint32(1, payload.byteLength, false)
    message.set(payload, HEAD_SIZE)
    return message
  },

  /**
   * @param data A whole message; what comes behind its payload is left out.
   * @returns Its type, and its payload as a view of `data`.
   * @throws SharedChannelError `CORRUPT` when the data ends before the head or before the length that it names.
   */
  parseMessage(data: Uint8Array): TypedMessage {
    if (data.byteLength < HEAD_SIZE) {
      throw new SharedChannelError(
        'CORRUPT',
        `A message needs ${HEAD_SIZE} bytes of type and length; there are ${data.byteLength}.`,
      )
    }
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    const length = view.getUint32(1, false)
    const end = HEAD_SIZE + length
    if (end > data.byteLength) {
      throw new SharedChannelError(
        'CORRUPT',
        `The message names ${length} bytes of payload; there are ${data.byteLength - HEAD_SIZE}.`,
      )
    }
    return { type: view.getUint8(0) as MessageType, payload: data.subarray(HEAD_SIZE, end) }
  },
}

/**
 * Such messages as a codec.
 *
 * @example
 * const Talk = defineProtocol({ both: { message: { id: 0, codec: typedMessage() } } })
 * channel.send('message', { type: MessageType.COMMAND, payload })
 */
export function typedMessage(): Codec<TypedMessage> {
  return {
    encode: ({ type, payload }) => Protocol.createMessage(type, payload),
    decode: (received) => Protocol.parseMessage(received),
  }
}
