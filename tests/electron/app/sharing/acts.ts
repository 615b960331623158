// What the main process may ask of every JavaScript process, itself included.
import * as buffers from './buffers.ts'
import * as channels from './channels.ts'
import * as pageMemory from './page-memory.ts'

export const acts = { ...buffers, ...channels }
/** A preload also reaches its page. */
export const preloadActs = { ...acts, ...pageMemory, crash: () => process.crash() }

export type ProcessActs = typeof acts
export type PreloadActs = typeof preloadActs
