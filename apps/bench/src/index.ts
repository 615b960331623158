// The measurements, for the demo's table.
export { measureElectron } from './electron.ts'
export { type IdleSettings, measureIdleWakeUps } from './idle.ts'
export type { Measurement } from './measurements.ts'
export { type Progress, showProgress } from './progress.ts'
export {
  measureIdleRoundTrips,
  type RoundTripResult,
  type RoundTripSettings,
  type RoundTripTimes,
} from './round-trip.ts'
export { makeRow, type Outcome, type Row, type Unit } from './row.ts'
export { renderTable } from './table.ts'
export {
  measureLargeToJavaScript,
  measureLargeToNative,
  measureSmallToNative,
  type ThroughputSettings,
} from './throughput.ts'
