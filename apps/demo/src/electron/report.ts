import type { Row } from '@shared-channel/bench'
import type { ElectronResult, PictureResult, SharingResult } from './result.ts'

/** What `--electron --json` prints. */
export interface ElectronReport {
  readonly match: boolean
  /** By which way memory reached the pages. */
  readonly memory: string
  readonly frames: Omit<PictureResult, 'seconds'> & { readonly perSecond: number }
  readonly twoWindows: SharingResult
  /** As `npm run bench` has them. */
  readonly rows: readonly Row[]
}

/** Nothing was lost, nothing torn, and both windows saw what the other one wrote. */
export function isRight({ picture, sharing }: ElectronResult): boolean {
  const { painted, wrong, readUnchanged, seesChanges } = sharing
  return picture.lost === 0 && picture.torn === 0 && painted > 0 && wrong === 0 && readUnchanged && seesChanges
}

export function makeElectronReport(result: ElectronResult, rows: readonly Row[]): ElectronReport {
  const { memory, picture, sharing } = result
  const { seconds: _, ...frames } = picture
  return {
    match: isRight(result),
    memory,
    frames: { ...frames, perSecond: rounded(ratePerSecond(picture)) },
    twoWindows: sharing,
    rows,
  }
}

/** What the windows have shown, for people. */
export function renderWindows({ picture, sharing }: ElectronResult): string {
  const { frames, bytesPerFrame, seconds } = picture
  const rate = ratePerSecond(picture)
  const { bytes, painted } = sharing
  return [
    `A window and a native plugin: ${frames} frames from a C++ thread into the page in ${seconds.toFixed(2)} s, ${rate.toFixed(1)} frames/s, ${((rate * bytesPerFrame) / 1e6).toFixed(0)} MB/s`,
    `  lost ${countOf(picture.lost)}, torn ${countOf(picture.torn)}`,
    `Two windows, one picture: ${painted} of these frames shown by the other window, out of the same memory`,
    `  not whole there ${countOf(sharing.wrong)}`,
    `Two windows, one buffer of ${bytes.toLocaleString('en-US')} bytes, without a copy`,
    `  what the other one read    ${sharing.readUnchanged ? 'the same sum' : 'MISMATCH'}`,
    `  what it wrote in its place ${sharing.seesChanges ? 'seen here' : 'MISMATCH'}`,
  ].join('\n')
}

/** From the first frame to the last. */
const ratePerSecond = ({ frames, seconds }: PictureResult) => (frames - 1) / seconds

const countOf = (count: number) => (count === 0 ? 'none' : `${count}: MISMATCH`)
const rounded = (value: number) => Number(value.toPrecision(4))
