import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Progress, showProgress } from '@shared-channel/bench'
import type { Link } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { CommanderError } from 'commander'
import { parseArguments } from './arguments.ts'
import { type Costs, MEASUREMENT_STEPS, measureCosts } from './measure.ts'
import { isMatch, isShared, makeReport, renderCosts, renderResult, renderSharing } from './report.ts'
import { type ElectronParts, runInElectron } from './run-in-electron.ts'
import { type SharingResult, shareWithProcess } from './share-with-process.ts'
import { openSource } from './source-file.ts'
import { type StreamResult, streamFile } from './stream-file.ts'

const PLUGIN_PATH = fileURLToPath(new URL('../build/Release/sha256', import.meta.url))
/** Each way; some chunks fit, so that reading, hashing and comparing go on at the same time. */
const RING = 4 << 20
const MB = 1e6
/** What two processes share. */
const SHARED_BYTES = 100 << 20

/** What the program works with. */
export interface Parts {
  /** Opens the other side of the stream. */
  readonly openLink: () => Promise<Link>
  readonly shareWithProcess: (bytes: number) => Promise<SharingResult>
  readonly measureCosts: (progress: Progress) => Promise<Costs>
  /** Of `--electron`; the real ones by default. */
  readonly electron?: ElectronParts
}

const REAL_PARTS: Parts = {
  openLink: () => openPlugin(PLUGIN_PATH, { sendCapacity: RING, receiveCapacity: RING }),
  shareWithProcess,
  measureCosts,
}

/**
 * The program.
 *
 * @returns Its exit code: 0, or 1 when a digest or a byte differs, or when something else is wrong.
 */
export async function run(args: readonly string[], parts: Parts = REAL_PARTS): Promise<number> {
  try {
    const { json, electron, file } = parseArguments(args, {
      INIT_CWD: process.env.INIT_CWD,
      cwd: process.cwd(),
      defaultFile: process.execPath,
    })
    const isRight = electron ? await runInElectron(json, parts.electron) : await runInTerminal(json, file, parts)
    return isRight ? 0 : 1
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

/** @returns Whether all was as it should be. */
async function runInTerminal(json: boolean, file: string, parts: Parts): Promise<boolean> {
  const result = await streamWithProgress(file, parts)
  if (!json) console.log(`${renderResult(file, result)}\n`)
  const sharing = await shareWithProgress(parts)
  if (!json) console.log(`${renderSharing(sharing)}\n`)
  const costs = await measureWithProgress(parts)
  if (json) console.log(JSON.stringify(makeReport(result, sharing, costs), null, 2))
  else console.log(`${renderCosts(costs)}\nIn windows of Electron: npm run demo -- --electron`)
  return isMatch(result) && isShared(sharing)
}

async function streamWithProgress(path: string, { openLink }: Parts): Promise<StreamResult> {
  const file = await openSource(path)
  try {
    const progress = showProgress(process.stderr, file.size)
    const doing = `streaming ${basename(path)} (${(file.size / MB).toFixed(1)} MB) through C++ and back`
    try {
      progress.update(0, doing)
      return await streamFile(file, await openLink(), (bytes) => progress.update(bytes, doing))
    } finally {
      progress.stop()
    }
  } finally {
    await file.handle.close()
  }
}

async function shareWithProgress({ shareWithProcess }: Parts): Promise<SharingResult> {
  const progress = showProgress(process.stderr, 1)
  try {
    progress.update(0, 'sharing a buffer and a channel with another process')
    return await shareWithProcess(SHARED_BYTES)
  } finally {
    progress.stop()
  }
}

async function measureWithProgress({ measureCosts }: Parts): Promise<Costs> {
  const progress = showProgress(process.stderr, MEASUREMENT_STEPS)
  try {
    return await measureCosts(progress)
  } finally {
    progress.stop()
  }
}
