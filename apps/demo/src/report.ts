import { renderTable } from '@shared-channel/bench'
import { type Costs, costRows } from './measure.ts'
import type { SharingResult } from './share-with-process.ts'
import type { StreamResult } from './stream-file.ts'

/** What `--json` prints. */
export interface DemoReport {
  readonly match: boolean
  readonly bytes: number
  readonly sha256: string
  readonly twoProcesses: { readonly match: boolean; readonly bytes: number; readonly handOverMilliseconds: number }
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

/** Both processes saw what the other one wrote. */
export function isShared({ readUnchanged, seesChanges }: SharingResult): boolean {
  return readUnchanged && seesChanges
}

export function makeReport(result: StreamResult, sharing: SharingResult, costs: Costs): DemoReport {
  return {
    match: isMatch(result),
    bytes: result.bytes,
    sha256: result.digest,
    twoProcesses: {
      match: isShared(sharing),
      bytes: sharing.bytes,
      handOverMilliseconds: rounded(sharing.handOverMilliseconds),
    },
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

/** What became of the buffer that two processes share, for people. */
export function renderSharing({ bytes, readUnchanged, seesChanges, handOverMilliseconds }: SharingResult): string {
  return [
    `Two processes, one buffer of ${bytes.toLocaleString('en-US')} bytes, handed over in ${handOverMilliseconds.toFixed(2)} ms, without a copy`,
    `  what the other one read    ${readUnchanged ? 'the same SHA-256' : 'MISMATCH'}`,
    `  what it wrote in its place ${seesChanges ? 'seen here' : 'MISMATCH'}`,
  ].join('\n')
}

export function renderCosts(costs: Costs): string {
  return renderTable(costRows(costs))
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
