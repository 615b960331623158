// npm run demo -- --electron
import { fileURLToPath } from 'node:url'
import {
  type Measurement,
  makeRow,
  measureElectron,
  type Progress,
  type Row,
  renderTable,
  showProgress,
} from '@shared-channel/bench'
import { runElectron } from '@shared-channel/run-electron'
import { isRight, makeElectronReport, renderWindows } from './electron/report.ts'
import { type ElectronResult, RESULT_PREFIX } from './electron/result.ts'

/** src/ and dist/ lie side by side. */
const APP = fileURLToPath(new URL('../dist/electron/main.cjs', import.meta.url))
/** The windows are there for some seconds; more when the machine is busy. */
const LONGEST_SHOW = 60_000

/** What this part of the program works with. */
export interface ElectronParts {
  readonly showWindows: () => Promise<ElectronResult>
  readonly measureRows: (progress: Progress) => Promise<MeasuredRows>
}

export interface MeasuredRows {
  readonly rows: readonly Row[]
  /** What should not have happened. */
  readonly problems: readonly string[]
}

const REAL_PARTS: ElectronParts = { showWindows, measureRows }

/** @returns Whether all was as it should be. */
export async function runInElectron(json: boolean, parts: ElectronParts = REAL_PARTS): Promise<boolean> {
  const result = await withProgress(1, (progress) => {
    progress.update(0, 'showing two windows')
    return parts.showWindows()
  })
  if (!json) console.log(`${renderWindows(result)}\n`)
  const { rows, problems } = await withProgress(MEASUREMENTS.length, parts.measureRows)
  console.log(json ? JSON.stringify(makeElectronReport(result, rows), null, 2) : renderTable(rows))
  for (const problem of problems) console.error(`demo: ${problem}`)
  return isRight(result) && problems.length === 0
}

/** @throws LeftOut where there is no Electron or no display. */
async function showWindows(): Promise<ElectronResult> {
  const output = await runElectron({ app: APP, deadline: LONGEST_SHOW })
  const line = output.split('\n').find((line) => line.startsWith(RESULT_PREFIX))
  if (line === undefined) throw new Error('The windows were closed before they had finished.')
  return JSON.parse(line.slice(RESULT_PREFIX.length))
}

const SMALL = { rounds: 3, size: 64, messages: 1_000_000, peerMessages: 20_000 }
const LARGE = { rounds: 3, size: 1 << 20, messages: 500, peerMessages: 50 }
const ROUND_TRIPS = { blocks: 5, samplesPerBlock: 200 }
const HAND_OVER = { rounds: 3, perRound: 5, size: 100 << 20 }
const FRAMES = { frames: 180, perSecond: 60, width: 1920, height: 1080 }
const SMALL_RING = 1 << 20
const LARGE_RING = 8 << 20

/** As in `npm run bench`, but shorter. */
const MEASUREMENTS: readonly Measurement[] = [
  {
    name: 'electron-page-to-native-64B',
    unit: 'msg/s',
    run: () => measureElectron('page-to-native', SMALL, SMALL_RING),
  },
  {
    name: 'electron-page-to-page-64B',
    unit: 'msg/s',
    run: () => measureElectron('page-to-page', SMALL, SMALL_RING),
  },
  {
    name: 'electron-page-to-page-1MiB',
    unit: 'GB/s',
    run: () => measureElectron('page-to-page', LARGE, LARGE_RING),
  },
  {
    name: 'electron-round-trip-page-native',
    unit: 'us',
    run: () => measureElectron('round-trip', ROUND_TRIPS, SMALL_RING),
  },
  { name: 'electron-hand-over-100MiB', unit: 'ms', run: () => measureElectron('hand-over', HAND_OVER) },
  { name: 'electron-frames', unit: 'cores', run: () => measureElectron('frames', FRAMES) },
]

async function measureRows(progress: Progress): Promise<MeasuredRows> {
  const rows: Row[] = []
  const problems: string[] = []
  for (const { name, unit, run } of MEASUREMENTS) {
    progress.update(rows.length, `measuring ${name}`)
    const outcome = await run()
    rows.push(makeRow(name, unit, outcome))
    problems.push(...(outcome.problems ?? []).map((problem) => `${name}: ${problem}`))
  }
  return { rows, problems }
}

async function withProgress<Result>(steps: number, work: (progress: Progress) => Promise<Result>): Promise<Result> {
  const progress = showProgress(process.stderr, steps)
  try {
    return await work(progress)
  } finally {
    progress.stop()
  }
}
