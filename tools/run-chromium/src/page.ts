/**
 * For tests in a page.
 */
export { countWorkers, cpuTimeOfPage, waitForWorkers } from './ask-browser.ts'
export { Memories } from './memories.ts'
export {
  expectAnUpdateAFrame,
  expectNothingOf,
  expectNothingOfUnopened,
  expectToComeAndGo,
  type Mounted,
} from './mounting.ts'
