/** How long tests that look for a rare moment may go on, in seconds: 2, and longer in `npm run test:soak`. */
export const soakSeconds = Number(process.env.SHARED_CHANNEL_SOAK_SECONDS ?? 2)

/** Whether somebody asked for the long run. */
export const isSoak = process.env.SHARED_CHANNEL_SOAK_SECONDS !== undefined
