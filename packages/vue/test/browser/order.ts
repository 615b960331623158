/** The stream that the instruments ask for. */
export const ORDER = { blocks: 64, blockBytes: 16_384, seed: 7 }

/** What they show when all has come as it was sent. */
export const STREAMED = `${ORDER.blocks * ORDER.blockBytes} bytes, right`
