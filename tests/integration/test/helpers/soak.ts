/** How long tests that look for a rare moment may go on, in seconds: 2, and longer in `npm run test:soak`. Those that count
 * rounds make more of them. */
export const soakSeconds = Number(process.env.SHARED_CHANNEL_SOAK_SECONDS ?? 2)
