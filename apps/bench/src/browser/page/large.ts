// Large messages to a worker, each with new data, next to `postMessage`, which copies them or hands them over.
import { SharedChannel } from '@shared-channel/core'
import { checkTally, secondsSince } from '../../counterpart.ts'
import { interleave } from '../../interleave.ts'
import { askForReport } from '../../port-counterpart.ts'
import type { Report } from '../../processes/tally.ts'
import { TALLYING } from '../../processes/tallying-channel.ts'
import type { Outcome } from '../../row.ts'
import type { MessageSettings } from '../jobs.ts'
import { Film } from './film.ts'
import { withWorkers } from './workers.ts'

/** GB/s. */
export function measureLarge({ rounds, size, capacity, messages, peerMessages }: MessageSettings): Promise<Outcome> {
  const film = new Film(size)
  const array = new Uint8Array(size)

  /** Sends so many frames, and waits until the worker has read them. */
  const send = async (count: number, report: () => Promise<Report>, sendOne: (frame: Uint8Array) => unknown) => {
    const start = performance.now()
    for (let i = 0; i < count; i++) await sendOne(film.frame(i))
    const seen = await report()
    const seconds = secondsSince(start)
    checkTally(count, film.sum(count), seen)
    return (count * size) / 1e9 / seconds
  }

  return withWorkers(capacity, async (link, worker) => {
    const channel = new SharedChannel(link, TALLYING)
    const ours = (sendOne: (frame: Uint8Array) => unknown) =>
      send(messages, () => channel.request('report', null), sendOne)
    const peer = (sendOne: (frame: Uint8Array) => unknown) => send(peerMessages, () => askForReport(worker), sendOne)
    const transfer = (frame: Uint8Array, bytes: Uint8Array) => {
      bytes.set(frame)
      worker.postMessage(bytes, [bytes.buffer])
    }
    const rates = await interleave(rounds, {
      inPlace: () =>
        ours(async (frame) => {
          let slot = channel.reserve('data', size)
          while (slot === null) {
            await channel.ready
            slot = channel.reserve('data', size)
          }
          slot.bytes.set(frame)
          slot.commit()
        }),
      transfer: () => peer((frame) => transfer(frame, new Uint8Array(size))),
      clone: () =>
        peer((frame) => {
          array.set(frame)
          worker.postMessage(array)
        }),
      copied: () =>
        ours((frame) => {
          array.set(frame)
          return channel.sendDirect('data', array)
        }),
      readyMade: () => {
        const ready = Array.from({ length: peerMessages }, () => new Uint8Array(size).fill(1)) // so that it has its pages
        return peer((frame) => transfer(frame, ready.pop() as Uint8Array))
      },
    })
    await channel.close()
    return {
      ours: rates.inPlace,
      peers: { transfer: rates.transfer, clone: rates.clone },
      notes: [
        'new data is set into: a slot of the ring (ours, `reserve`), an array that `postMessage` copies (clone), a new buffer, since one that was transferred is gone (transfer); the worker reads a byte of each cache line',
        `set into an array, which \`sendDirect\` copies into the ring: ${rates.copied.toFixed(1)} GB/s; transfer of buffers that were made before the clock started: ${rates.readyMade.toFixed(1)} GB/s`,
      ],
    }
  })
}
