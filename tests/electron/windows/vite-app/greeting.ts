/** The test writes another one. */
export const greeting = 'first'
