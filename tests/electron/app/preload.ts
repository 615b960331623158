// Runs before the page in its renderer: with contextIsolation in a world of its own.
import { ipcRenderer } from 'electron'
import { flood } from './flood.ts'
import { idle } from './idle.ts'
import { runJob } from './jobs.ts'
import { order } from './order.ts'
import { countThreads } from './own-process.ts'
import { openChannel } from './plugin.ts'
import type { Reloadable } from './reload.ts'
import { preloadActs } from './sharing/acts.ts'
import { serve } from './sharing/calls.ts'
import { takeCarrier } from './sharing/carriers.ts'
import { SERVING } from './task.ts'

const threadsAtStart = countThreads('self')

start().then(
  (result) => ipcRenderer.send('done', { result }),
  (error) => ipcRenderer.send('done', { error: String(error?.stack ?? error) }),
)

async function start(): Promise<unknown> {
  if (new URLSearchParams(location.search).has('idle')) return idle()
  const { task } = order
  if (task.kind === 'job') return runJob(task.job)
  if (SERVING.includes(task.kind)) return serveMain()
  const busy = flood(() => openChannel())
  if (task.kind !== 'reload' || task.when === 'busy') await busy
  return { threadsAtStart } satisfies Reloadable
}

/** Over a port that comes soon. */
function serveMain(): void {
  ipcRenderer.on('carrier', ({ ports: [port] }, name: string) => port && takeCarrier(name, port))
  ipcRenderer.once('calls', ({ ports: [port] }) => {
    if (port === undefined) return
    serve(preloadActs, {
      post: (message) => port.postMessage(message),
      listen: (handler) => {
        port.onmessage = ({ data }) => handler(data)
      },
    })
  })
}
