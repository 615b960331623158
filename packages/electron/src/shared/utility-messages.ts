// What the main process and the utility process that hosts a plugin say to each other.
import type { LogLine, OpenPluginOptions } from '@shared-channel/native'
import type { PlainError } from './plain-error.ts'

export type ToUtility =
  /** Open the plugin at the other end of the channel that the handle leads to. */
  | {
      readonly type: 'serve'
      readonly id: number
      readonly handle: string
      readonly path: string
      readonly options: OpenPluginOptions
      readonly trusted: boolean
    }
  | { readonly type: 'stop'; readonly id: number }

export type FromUtility =
  | { readonly type: 'opened'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError }
  | { readonly type: 'ended'; readonly id: number }
  | { readonly type: 'log'; readonly line: LogLine }
  | { readonly type: 'error'; readonly error: PlainError }
