export { shareChannels } from './share-channels.ts'
export { sharedBuffer } from './shared-buffer.ts'
export { sharedChannel } from './shared-channel.ts'
export type {
  OptionsSource,
  SharedChannelOptions,
  SharedChannelStore,
  SharedChannelValue,
} from './types.ts'
