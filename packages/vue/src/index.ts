export { connectionsKey, sharedChannels } from './shared-channels.ts'
export type { SharedChannelOptions, SharedChannelResult } from './types.ts'
export { useSharedBuffer } from './use-shared-buffer.ts'
export { useSharedChannel } from './use-shared-channel.ts'
