export const ORDER = { blocks: 64, blockBytes: 16_384, seed: 7 }

/** What is shown when all has come as it was sent. */
export const STREAMED = `${ORDER.blocks * ORDER.blockBytes} bytes, right`

export interface InstrumentProps {
  id?: string
  /** Levels a second. */
  rate?: number
  /** Whether it asks for a stream: one at a time for a channel. */
  streams?: boolean
  /** Called whenever the level is rendered. */
  onupdate?: (level: number | undefined) => void
}
