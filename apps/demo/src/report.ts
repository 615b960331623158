import { renderTable } from '@shared-channel/bench'
import { type Costs, costRows } from './measure.ts'
import type { StreamResult } from './stream-file.ts'

/** What `--json` prints. */
export interface DemoReport {
  readonly match: boolean
  readonly bytes: number
  readonly sha256: string
  readonly toNativeGBs: number
  readonly toJavaScriptGBs: number
  readonly messagesPerSecond: { readonly sharedChannel: number; readonly workerThreads: number }
  readonly roundTripMicroseconds: {
    readonly sharedChannel: { readonly p50: number; readonly p99: number }
    readonly workerThreads: { readonly p50: number; readonly p99: number }
  }
  readonly idleWakeUps: number
}

/** The digest and the bytes are those of the original. */
export function isMatch({ digest, expectedDigest, returnedUnchanged }: StreamResult): boolean {
  return digest === expectedDigest && returnedUnchanged
}

export function makeReport(result: StreamResult, costs: Costs): DemoReport {
  return {
    match: isMatch(result),
    bytes: result.bytes,
    sha256: result.digest,
    toNativeGBs: rounded(costs.toNative.ours),
    toJavaScriptGBs: rounded(costs.toJavaScript.ours),
    messagesPerSecond: {
      sharedChannel: Math.round(costs.small.ours),
      workerThreads: Math.round(costs.small.peers.worker_threads ?? Number.NaN),
    },
    roundTripMicroseconds: {
      sharedChannel: { p50: rounded(costs.roundTrip.ours.p50), p99: rounded(costs.roundTrip.ours.p99) },
      workerThreads: { p50: rounded(costs.roundTrip.worker.p50), p99: rounded(costs.roundTrip.worker.p99) },
    },
    idleWakeUps: costs.idleWakeUps,
  }
}

/** What became of the file, for people. */
export function renderResult(path: string, result: StreamResult): string {
  const { bytes, digest, expectedDigest, returnedUnchanged, seconds } = result
  const rate = seconds > 0 ? `, ${(bytes / seconds / 1e9).toFixed(2)} GB/s with the digest` : ''
  return [
    `${path}: ${bytes.toLocaleString('en-US')} bytes through C++ and back in ${seconds.toFixed(2)} s${rate}`,
    `  SHA-256 in C++       ${digest}`,
    `  SHA-256 in Node.js   ${expectedDigest}   ${digest === expectedDigest ? 'the same' : 'MISMATCH'}`,
    `  bytes that came back ${returnedUnchanged ? 'all, unchanged' : 'MISMATCH: they are not those that were sent'}`,
  ].join('\n')
}

export function renderCosts(costs: Costs): string {
  return renderTable(costRows(costs))
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
