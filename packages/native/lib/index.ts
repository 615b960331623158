export {
  type PostedBuffer,
  type PostOptions,
  postSharedBuffer,
  type ReceivedBuffer,
  type SharedBufferReceivedEvent,
  toWorker,
} from '@shared-channel/core'
export type { SharedBufferStream } from './buffer-stream.ts'
export { type Capabilities, capabilities } from './capabilities.ts'
export {
  type CreateChannelOptions,
  type CreatedChannel,
  createChannel,
  type OpenChannelOptions,
  openChannel,
} from './channel-link.ts'
export { openPlugin, type Plugin } from './plugin.ts'
export type { PluginInfo } from './plugin-events.ts'
export type { LogLevel, LogLine, OpenPluginOptions } from './plugin-options.ts'
export { type ReceivingOptions, SharedBufferReceiver, sharedBuffer } from './receiving.ts'
export type { PluginRestart } from './restart.ts'
export {
  createSharedBuffer,
  type OpenSharedBufferOptions,
  openSharedBuffer,
  type SharedBuffer,
} from './shared-buffer.ts'
export { SharedBufferPool, type SharedBufferPoolOptions } from './shared-buffer-pool.ts'
export { type MutexLock, SharedMutex } from './shared-mutex.ts'
