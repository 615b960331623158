import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pair } from 'zeromq'
import { checkReport, secondsSince } from '../counterpart.ts'
import { endPeer, failureOf, startPeer } from './counterpart.ts'
import { type ProcessCounterpart, type Report, Tally } from './tally.ts'

/** In the first part of a message of two parts; data have one part. */
const REPORT = 'report'
const ECHO = 'echo'

/** ZeroMQ over `ipc://`, by its Node.js binding. */
export async function openZeroMq(): Promise<ProcessCounterpart> {
  const folder = mkdtempSync(join(tmpdir(), 'shared-channel-bench-'))
  const address = `ipc://${join(folder, 'socket')}`
  const socket = new Pair({ sendHighWaterMark: 10_000, receiveHighWaterMark: 10_000 })
  await socket.bind(address)
  const child = startPeer('zeromq', address)
  const failed = failureOf(child)
  return {
    async send(payload, messages) {
      const start = performance.now()
      for (let i = 0; i < messages; i++) await socket.send(payload as Buffer)
      await socket.send([REPORT, ''])
      const [answer] = await Promise.race([socket.receive(), failed])
      const { count, sum } = JSON.parse(String(answer)) as Report
      const seconds = secondsSince(start)
      checkReport(payload, messages, count, sum)
      return seconds
    },
    async echo(payload) {
      await socket.send([ECHO, payload as Buffer])
      return Promise.race([socket.receive(), failed])
    },
    async close() {
      socket.close()
      await endPeer(child)
      rmSync(folder, { recursive: true })
    },
  }
}

/** The other process. */
export async function serveZeroMq(address: string): Promise<void> {
  const tally = new Tally()
  const socket = new Pair({ sendHighWaterMark: 10_000, receiveHighWaterMark: 10_000 })
  socket.connect(address)
  for await (const [first, second] of socket) {
    if (second === undefined) tally.add(first as Buffer)
    else await socket.send(String(first) === ECHO ? second : JSON.stringify(tally.report()))
  }
}
