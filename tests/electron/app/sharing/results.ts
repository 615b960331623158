// What the tests learn of processes that share memory.
import type { Checked, Holdings, Left } from '../task.ts'

/** Every process of the app is called by its name: main, a and b (the preloads of two windows), utility, node, native. */
export interface ShareResult {
  readonly pids: readonly number[]
  /** Whether the pages of a and b have COOP and COEP. */
  readonly isolated: readonly boolean[]
  /** By owner, then by who opens its memory without trust: 'opened', or the code of the error. */
  readonly opened: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What kind of memory page a has got. */
  readonly posted: string
  /** By who reads, page a and page b among them: the checksum of each one's part, filled from the seeds 1, 2, ... */
  readonly sums: Sums
  /** By pair: what either end has seen. */
  readonly talks: Readonly<Record<string, readonly TalkResult[]>>
  /** Of a and b, while the main process was blocked. */
  readonly talksWithoutMain: readonly TalkResult[]
}
export type Sums = Record<string, number[]>

/** Bytes that each writes into a common buffer. */
export const PART_BYTES = 1 << 20
/** Bytes of the other buffers: no whole page of memory. */
export const SHARED_BYTES = (1 << 20) + 4

/** Checked messages both ways, then calls both ways. */
export interface Talk {
  /** At least so many each way. */
  readonly bytes: number
  /** Seeds of the messages. */
  readonly send: number
  readonly receive: number
}

export interface TalkResult {
  readonly received: Checked
  /** How many calls were answered right. */
  readonly answers: number
  readonly errors: readonly string[]
}

/** How something ended, and when, by the system's clock. Of a channel the code of the reason, or nothing. */
export interface Ending {
  readonly code: string
  readonly at: number
}

/** Of a buffer of main, filled, as a preload sees it. Bytes: [at the start of the first page, of another page]. */
export interface ViewsResult {
  /** Private view: what the preload sees after it has written its first byte, and what main sees then. */
  readonly written: { readonly preload: readonly number[]; readonly main: readonly number[] }
  /** What the preload sees after main has written both bytes. */
  readonly followed: readonly number[]
  /** What the renderer's process holds before and after release, and the length of a view then. */
  readonly released: { readonly length: number; readonly held: Holdings; readonly left: Holdings }
  /** What main sees at the end. */
  readonly kept: readonly number[]
}

/**
 * How a renderer ends, or its page: `kill` from outside, `crash` by itself, `strict` by writing into a buffer that it opened
 * as 'read-only-strict'.
 */
export const ENDS = ['reload', 'close', 'destroy', 'kill', 'crash', 'strict'] as const
export type EndsResult = Readonly<Record<(typeof ENDS)[number], EndResult>>

/** By name of the process: main, b (another window), utility. The one that ends is a. */
export interface EndResult {
  /** By channel: how it ended for the one that is still there, and milliseconds since. */
  readonly channels: Readonly<Record<string, { readonly code: string; readonly after: number }>>
  /** Checksums of a buffer that main made, and of one that a made and that was filled once more, afterwards. */
  readonly sums: Sums
  /** What each holds before, and when all is closed. */
  readonly held: Readonly<Record<string, Holdings>>
  readonly left: Readonly<Record<string, Holdings>>
  /** What Electron says of the process. */
  readonly reason: string | undefined
  /** Of the renderer in which the page was reloaded: what is left there. */
  readonly leftInRenderer?: Left
}

/** A buffer as its receiver sees it first. */
export interface Received {
  /** Of the buffer, as Object.prototype.toString says. */
  readonly type: string
  readonly bytes: number
  readonly data: unknown
}

/** A buffer that was posted to another process, by name of the way. */
export interface RouteResult {
  readonly carrier: string
  readonly received: Received
  /** Checksums of what the receiver found, the poster having closed the buffer; and of what the poster found in another one. */
  readonly found: readonly number[]
  readonly released: string
}

export interface PostResult {
  readonly routes: Readonly<Record<string, RouteResult>>
  /** By kind: what a preload got, with the checksum; or the code of the error. */
  readonly kinds: Readonly<Record<string, { readonly type: string; readonly found: number } | string>>
  /** A preload that has buffers of main and of another preload: by how it ends, by poster. */
  readonly ends: Readonly<Record<string, Readonly<Record<string, { readonly code: string; readonly after: number }>>>>
  /** What main holds when all is closed. */
  readonly left: Holdings
}
