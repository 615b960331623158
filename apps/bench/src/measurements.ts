import type { Group } from './arguments.ts'
import { measureLatestMessage, measurePageToWorker } from './browser.ts'
import { measureElectron } from './electron.ts'
import { measureIdleWakeUps } from './idle.ts'
import { measureOpenClose } from './open-close.ts'
import { measureHandOver } from './processes/hand-over.ts'
import { measureMappedRead } from './processes/mapped-read.ts'
import { measureOneWay, measureProcessRoundTrips } from './processes/measure.ts'
import {
  idleRoundTripOutcome,
  measureIdleRequests,
  measureIdleRoundTrips,
  measureRoundTrips,
  roundTripOutcome,
} from './round-trip.ts'
import type { Outcome, Unit } from './row.ts'
import {
  measureJson,
  measureLargeToJavaScript,
  measureLargeToNative,
  measureReserve,
  measureSmallToJavaScript,
  measureSmallToNative,
} from './throughput.ts'

export interface Measurement {
  readonly name: string
  /** What it is measured with the others of. */
  readonly group?: Group
  readonly unit: Unit
  run(): Promise<Outcome>
}

const SMALL = { rounds: 15, messages: 2_000_000, peerMessages: 100_000 }
const LARGE = { rounds: 15, messages: 1000, peerMessages: 100 }
const JSON_MESSAGES = { rounds: 15, messages: 200_000, peerMessages: 50_000 }
const IDLE_ROUND_TRIPS = { blocks: 40, samplesPerBlock: 100 }
const ROUND_TRIPS = { blocks: 10, samplesPerBlock: 3000 }
const PROCESS_SMALL = { rounds: 9, size: 64, messages: 1_000_000, peerMessages: 20_000 }
const PROCESS_LARGE = { rounds: 9, size: 65_536, messages: 20_000, peerMessages: 2000 }
const PROCESS_ROUND_TRIPS = { blocks: 20, samplesPerBlock: 50 }
const SMALL_RING = 4 << 20
const LARGE_RING = 8 << 20
const HAND_OVERS = 15
const MAPPED_READ = { rounds: 15, size: 64 << 20 }
const IDLE = { channels: 64, milliseconds: 5000 }

const ELECTRON_SMALL = { rounds: 9, size: 64, messages: 2_000_000, peerMessages: 20_000 }
const ELECTRON_LARGE = { rounds: 9, size: 1 << 20, messages: 1000, peerMessages: 50 }
const ELECTRON_ROUND_TRIPS = { blocks: 20, samplesPerBlock: 200 }
const ELECTRON_HAND_OVER = { rounds: 5, perRound: 5, size: 100 << 20 }
const ELECTRON_FRAMES = { frames: 600, perSecond: 60, width: 1920, height: 1080 }

const BROWSER_SMALL = { rounds: 9, size: 64, capacity: 4 << 20, messages: 2_000_000, peerMessages: 50_000 }
const BROWSER_LARGE = { rounds: 9, size: 1 << 20, capacity: 4 << 20, messages: 1000, peerMessages: 100 }
const LATEST_MESSAGE = { rounds: 5, perSecond: 1_000_000, milliseconds: 3000 }

/** All that `npm run bench` measures, in its order. */
export const MEASUREMENTS: readonly Measurement[] = [
  { name: 'js-to-native-64B', unit: 'msg/s', run: () => measureSmallToNative(SMALL) },
  { name: 'native-to-js-64B', unit: 'msg/s', run: () => measureSmallToJavaScript(SMALL) },
  { name: 'js-to-native-1MiB', unit: 'GB/s', run: () => measureLargeToNative(LARGE) },
  { name: 'native-to-js-1MiB', unit: 'GB/s', run: () => measureLargeToJavaScript(LARGE) },
  { name: 'reserve-1MiB', unit: 'GB/s', run: () => measureReserve(LARGE) },
  { name: 'native-to-js-json-1KiB', unit: 'msg/s', run: () => measureJson(JSON_MESSAGES) },
  {
    name: 'round-trip-idle',
    unit: 'us',
    run: async () => idleRoundTripOutcome(await measureIdleRoundTrips(IDLE_ROUND_TRIPS)),
  },
  {
    name: 'request-idle',
    unit: 'us',
    run: async () => idleRoundTripOutcome(await measureIdleRequests(IDLE_ROUND_TRIPS)),
  },
  { name: 'round-trip', unit: 'us', run: async () => roundTripOutcome(await measureRoundTrips(ROUND_TRIPS)) },
  { name: 'open-close', unit: 'ms', run: () => measureOpenClose({ rounds: 20, perRound: 50, cycles: 10_000 }) },
  {
    name: `idle-${IDLE.channels}-channels`,
    unit: 'switches',
    run: async () => ({ ours: await measureIdleWakeUps(IDLE), peers: {} }),
  },
  { name: 'hand-over-1MiB', unit: 'ms', run: () => measureHandOver(1 << 20, HAND_OVERS) },
  { name: 'hand-over-100MiB', unit: 'ms', run: () => measureHandOver(100 << 20, HAND_OVERS) },
  { name: 'hand-over-1GiB', unit: 'ms', run: () => measureHandOver(1 << 30, HAND_OVERS) },
  { name: 'mapped-read', unit: 'GB/s', run: () => measureMappedRead(MAPPED_READ) },
  { name: 'process-64B', group: 'process', unit: 'msg/s', run: () => measureOneWay(PROCESS_SMALL) },
  { name: 'process-64KiB', group: 'process', unit: 'msg/s', run: () => measureOneWay(PROCESS_LARGE) },
  {
    name: 'process-round-trip-idle',
    group: 'process',
    unit: 'us',
    run: () => measureProcessRoundTrips(PROCESS_ROUND_TRIPS),
  },
  {
    name: 'electron-page-to-native-64B',
    group: 'electron',
    unit: 'msg/s',
    run: () => measureElectron('page-to-native', ELECTRON_SMALL, SMALL_RING),
  },
  {
    name: 'electron-page-to-page-64B',
    group: 'electron',
    unit: 'msg/s',
    run: () => measureElectron('page-to-page', ELECTRON_SMALL, SMALL_RING),
  },
  {
    name: 'electron-page-to-page-1MiB',
    group: 'electron',
    unit: 'GB/s',
    run: () => measureElectron('page-to-page', ELECTRON_LARGE, LARGE_RING),
  },
  {
    name: 'electron-round-trip-page-native',
    group: 'electron',
    unit: 'us',
    run: () => measureElectron('round-trip', ELECTRON_ROUND_TRIPS, SMALL_RING),
  },
  {
    name: 'electron-hand-over-100MiB',
    group: 'electron',
    unit: 'ms',
    run: () => measureElectron('hand-over', ELECTRON_HAND_OVER),
  },
  { name: 'electron-frames', group: 'electron', unit: 'cores', run: () => measureElectron('frames', ELECTRON_FRAMES) },
  {
    name: 'page-to-worker-64B',
    group: 'browser',
    unit: 'msg/s',
    run: () => measurePageToWorker('measureSmall', BROWSER_SMALL),
  },
  {
    name: 'page-to-worker-1MiB',
    group: 'browser',
    unit: 'GB/s',
    run: () => measurePageToWorker('measureLarge', BROWSER_LARGE),
  },
  { name: 'latest-message-1M', group: 'browser', unit: 'frames/s', run: () => measureLatestMessage(LATEST_MESSAGE) },
]
