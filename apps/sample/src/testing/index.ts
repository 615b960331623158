/**
 * For the tests of the frameworks' packages.
 */
export { FakeHost } from './fake-host.ts'
export { heldFrames } from './held-frames.ts'
export { posting } from './posting.ts'
export { turn, turns, until } from './wait.ts'
