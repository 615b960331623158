/**
 * What the sample applications of all frameworks share, for their pages.
 */
export { connect, isElectron, type SampleConnectOptions } from './connect.ts'
export { Checksum, Pattern, StreamCheck } from './pattern.ts'
export { type Description, LARGEST_RATE, levelAt, SAMPLE, Sample } from './protocol.ts'
export { checkStream, type StreamOrder, type StreamResult } from './stream.ts'
