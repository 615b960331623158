// Figures of one process: how long a message takes there and back, and how many small ones go each way in a second.
import { openChannel, type TestChannel } from './plugin.ts'
import type { MeasureResult } from './task.ts'

const ROUND_TRIPS = 5000
const MESSAGES = 2_000_000
const MESSAGE = new Uint8Array(64)

export async function measure(): Promise<MeasureResult> {
  const channel = await openChannel()
  const roundTripMicroseconds = await roundTrips(channel)
  const sentPerSecond = await send(channel)
  const receivedPerSecond = await receive(channel)
  await channel.close()
  return { roundTripMicroseconds, sentPerSecond, receivedPerSecond }
}

async function roundTrips(channel: TestChannel): Promise<MeasureResult['roundTripMicroseconds']> {
  const times = new Float64Array(ROUND_TRIPS)
  await new Promise<void>((resolve) => {
    let done = 0
    let started = microseconds()
    const stop = channel.on('echo', () => {
      times[done++] = microseconds() - started
      if (done === ROUND_TRIPS) {
        stop()
        resolve()
        return
      }
      started = microseconds()
      channel.send('echo', MESSAGE)
    })
    channel.send('echo', MESSAGE)
  })
  times.sort()
  const percentile = (part: number) => times[Math.floor(ROUND_TRIPS * part)] ?? 0
  return { p50: percentile(0.5), p99: percentile(0.99) }
}

async function send(channel: TestChannel): Promise<number> {
  const started = microseconds()
  for (let i = 0; i < MESSAGES; i++) {
    if (!channel.send('filler', MESSAGE)) await channel.ready
  }
  await new Promise((resolve) => {
    channel.on('echo', resolve)
    channel.send('echo', MESSAGE)
  })
  return perSecond(started)
}

async function receive(channel: TestChannel): Promise<number> {
  const started = microseconds()
  let received = 0
  await new Promise<void>((resolve) => {
    channel.on('filler', () => {
      if (++received === MESSAGES) resolve()
    })
    channel.send('fill', Uint32Array.of(MESSAGES, MESSAGE.byteLength))
  })
  return perSecond(started)
}

function perSecond(started: number): number {
  return Math.round(MESSAGES / ((microseconds() - started) / 1e6))
}

/** A page's performance.now() is too coarse. */
function microseconds(): number {
  return Number(process.hrtime.bigint()) / 1000
}
