export {
  type ChannelEnd,
  type ChannelMessage,
  type ChannelOptions,
  type ChannelState,
  type ChannelStats,
  type MessageHandler,
  SharedChannel,
} from './channel.ts'
export { bytes, type Codec, custom, json, type TypedArrayConstructor, text, typedArray } from './codec.ts'
export { SharedChannelError, type SharedChannelErrorCode } from './errors.ts'
export { isValidCapacity, MAX_CAPACITY, MIN_CAPACITY, type Side, segmentSize, writeLayout } from './layout.ts'
export type { Link, LinkListener } from './link.ts'
export {
  defineProtocol,
  flip,
  type MessageEntries,
  type MessageEntry,
  type Protocol,
  type ReceiveName,
  type ReceivePayload,
  type SendName,
  type SendPayload,
} from './protocol.ts'
