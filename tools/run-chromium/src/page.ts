/**
 * For tests in a page.
 */
export { Memories } from './memories.ts'
export {
  expectAnUpdateAFrame,
  expectNothingOf,
  expectNothingOfUnopened,
  expectToComeAndGo,
  type Mounted,
} from './mounting.ts'
export { countWorkers, waitForWorkers } from './workers.ts'
