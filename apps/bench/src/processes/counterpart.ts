// Another process to send messages to, however they get there.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What the other process is to do: answer in one of the ways of the comparison, or take buffers. */
export type PeerRole = 'ours' | 'child_process' | 'unix-socket' | 'zeromq' | 'hand-over'

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
