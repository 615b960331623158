// Another process to send messages to, however they get there.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What the other process is to do: answer in one of the ways of the comparison, or take buffers. */
export type PeerRole = 'ours' | 'child_process' | 'unix-socket' | 'zeromq' | 'hand-over'

/** Another process. */
export interface ProcessCounterpart {
  /**
   * Sends `payload` so many times; the other process counts and reads a byte of each cache line.
   *
   * @returns Seconds until it has confirmed all of them.
   */
  send(payload: Uint8Array, messages: number): Promise<number>
  /** Sends `payload` there and back. Resolves when it has come. */
  echo(payload: Uint8Array): Promise<unknown>
  close(): Promise<unknown>
}

/** What the other process saw. */
export interface Report {
  readonly count: number
  readonly sum: number
}

/** What the other process does: counts, or sends back. */
export class Tally {
  #count = 0
  #sum = 0

  add(message: Uint8Array, sumOfLines: (bytes: Uint8Array) => number): void {
    this.#count++
    this.#sum += sumOfLines(message)
  }

  /** What was seen since the last report. */
  report(): Report {
    const report = { count: this.#count, sum: this.#sum }
    this.#count = this.#sum = 0
    return report
  }
}

/** Built beside the program; src/ and dist/ lie side by side. */
const PEER = fileURLToPath(new URL('../dist/peer.js', import.meta.url))

/** Starts the other process; its output goes where ours goes. */
export function startPeer(role: PeerRole, address = ''): ChildProcess {
  return fork(PEER, [role, address], { serialization: 'advanced', execArgv: [] })
}

/** Rejects when the other process ends before it was told to. */
export function failureOf(child: ChildProcess): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`the other process ended with ${code ?? signal}`)))
  })
  failed.catch(() => {})
  return failed
}

/** Ends the other process and waits for it. */
export async function endPeer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
