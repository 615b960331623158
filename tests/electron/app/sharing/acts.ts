// What the main process may ask of every JavaScript process, itself included.
import { bufferActs } from './buffers.ts'
import { channelActs } from './channels.ts'
import { pageActs } from './page-memory.ts'
import { postingActs } from './posting.ts'

export const acts = { ...bufferActs, ...channelActs, ...postingActs }
export type ProcessActs = typeof acts

/** A preload also reaches its page. */
export const preloadActs = { ...acts, ...pageActs, crash: () => process.crash() }
export type PreloadActs = typeof preloadActs
