export { AgentLink, type AgentLinkHooks, canWaitForMemory } from './agent-link.ts'
export { type BufferPayload, sharedBuffer } from './buffer-codec.ts'
export { type Carrier, type CarrierListener, type CarrierMessage, carrierOf } from './carrier.ts'
export { SharedChannel } from './channel.ts'
export type { ChannelOptions } from './channel-options.ts'
export type {
  ChannelEnd,
  ChannelMessage,
  ChannelState,
  ChannelStats,
  MessageHandler,
  OutgoingChannelMessage,
} from './channel-types.ts'
export { bytes, type Codec, custom, type Encoded, json, type TypedArrayConstructor, text, typedArray } from './codec.ts'
export { Connection, type ConnectionOptions, type ConnectionState, type ConnectionStatus } from './connection.ts'
export { type ConnectionKey, Connections, keyText } from './connections.ts'
export { isErrorCode, SharedChannelError, type SharedChannelErrorCode } from './errors.ts'
export { keptPayload } from './kept-payload.ts'
export { type BufferSource, type LatestBuffer, latestBuffer } from './latest-buffer.ts'
export { latestMessage, type MessageSource } from './latest-message.ts'
export { isValidCapacity, MAX_CAPACITY, MIN_CAPACITY, type Side, segmentSize, writeLayout } from './layout.ts'
export type { Link, LinkListener } from './link.ts'
export { type MemoryLinksOptions, memoryLinks } from './memory-links.ts'
export { MemoryMirror, type Progress } from './memory-mirror.ts'
export { type PostedBuffer, type PostOptions, postSharedBuffer } from './posting.ts'
export {
  type CallHandlers,
  checkReceived,
  defineProtocol,
  flip,
  type HandleName,
  type HandlerReply,
  type MessageEntries,
  type MessageEntry,
  type Protocol,
  type ReceiveName,
  type ReceivePayload,
  type ReplyPayload,
  type RequestName,
  type SendName,
  type SendPayload,
} from './protocol.ts'
export type { ReceivedBuffer } from './received-buffer.ts'
export type {
  BufferAccess,
  BufferCopy,
  BufferKind,
  BufferReference,
  OpenedSegment,
  PostableBuffer,
  ProcessIdentity,
  ReleasedBy,
  SegmentHost,
  SegmentReference,
} from './segment-host.ts'
export type { MessageSlot } from './sender.ts'
export { type LinkHandler, type ServeLinkOptions, serveLink } from './serve-link.ts'
export { SharedBufferReceivedEvent, SharedBufferReceiver, toWorker } from './shared-buffer-receiver.ts'
export { type CounterMemory, SharedCounter } from './shared-counter.ts'
export { type Readable, Store } from './store.ts'
export type { WaitOptions } from './waiting.ts'
export { type WorkerLinkOptions, workerLink } from './worker-link.ts'
