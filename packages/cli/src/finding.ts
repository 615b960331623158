/** `ok`: as it should be. `note`: works, but is worth knowing. `problem`: does not work, or is not safe. */
export type Level = 'ok' | 'note' | 'problem'

/** What a check found. */
export interface Finding {
  readonly level: Level
  /** What is so, in one sentence. */
  readonly what: string
  /** Why that matters; with `ok` there is nothing to say. */
  readonly why?: string
  /** What to change, with the line to write. */
  readonly change?: string
  /** `file:line` or a file, relative to the application's folder. */
  readonly where?: readonly string[]
}

export const ok = (what: string): Finding => ({ level: 'ok', what })
