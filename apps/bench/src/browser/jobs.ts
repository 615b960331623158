// What a page does for the program, and what it is told.
import type { Outcome } from '../row.ts'
import type { Frames } from './count-frames.ts'

/** The functions of page/page.ts. */
export interface Jobs {
  /** Messages a second. */
  measureSmall(settings: MessageSettings): Promise<Outcome>
  /** GB/s. */
  measureLarge(settings: MessageSettings): Promise<Outcome>
  showLevels(settings: LevelSettings): Promise<Shown>
}

/** Those that end with a row. */
export type RowJob = 'measureSmall' | 'measureLarge'

export interface MessageSettings {
  readonly rounds: number
  /** Bytes of a message. */
  readonly size: number
  /** Bytes of the ring. */
  readonly capacity: number
  /** Messages of a round: ours, and of a slower peer. */
  readonly messages: number
  readonly peerMessages: number
}

export interface LevelSettings {
  /** How many levels come. */
  readonly perSecond: number
  readonly milliseconds: number
}

/** What happened while the newest level was shown. */
export interface Shown extends Frames {
  /** Levels that came. */
  readonly levels: number
  readonly renders: number
}
