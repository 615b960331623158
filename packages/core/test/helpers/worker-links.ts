// Real threads with channels to them.
import type { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { SharedChannel } from '../../src/channel.ts'
import type { ChannelOptions } from '../../src/channel-options.ts'
import { type WorkerLinkOptions, workerLink } from '../../src/worker-link.ts'
import { startWorker } from './programs.ts'
import { Work } from './work.ts'

/** A thread of children/link-worker.ts. */
export const startLinkWorker = (task = 'serve'): Promise<Worker> => startWorker('link-worker', { workerData: task })

/** A channel to it; closed when the test ends. */
export async function openWork(
  worker: Worker,
  options: WorkerLinkOptions = {},
  channelOptions: ChannelOptions = {},
): Promise<SharedChannel<Work>> {
  const channel = new SharedChannel(await workerLink(worker, options), Work, channelOptions)
  onTestFinished(async () => void (await channel.close({ discard: true })))
  return channel
}

/** The next message of the worker's own that says `what`; a pattern of it. */
export const toldBy = (worker: Worker, what: RegExp): Promise<string> =>
  new Promise((resolve) => {
    worker.on('message', function listener(message) {
      if (typeof message !== 'string' || !what.test(message)) return
      worker.off('message', listener)
      resolve(message)
    })
  })
