// The workers of the page.
import { type Link, workerLink } from '@shared-channel/core'

/** What a worker does, said by its name: counts what comes over a channel, or by `postMessage`; or sends levels. */
export type Role = 'channel' | 'postMessage' | 'levels'

/** A worker, as long as it is used. Its errors end the use. */
export async function withWorker<T>(role: Role, use: (worker: Worker) => Promise<T>): Promise<T> {
  const worker = new Worker('worker.js', { name: role })
  const failed = new Promise<never>((_, reject) => {
    worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`))
  })
  try {
    return await Promise.race([use(worker), failed])
  } finally {
    worker.terminate()
  }
}

/** Two of a kind: one at the end of a link, one that is posted to. */
export function withWorkers<T>(capacity: number, use: (link: Link, peer: Worker) => Promise<T>): Promise<T> {
  return withWorker('channel', (worker) =>
    withWorker('postMessage', async (peer) => use(await workerLink(worker, { sendCapacity: capacity }), peer)),
  )
}
