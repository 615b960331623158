// The utility process. It lives until the app quits.
import { flood } from './flood.ts'
import { runJob } from './jobs.ts'
import { order } from './order.ts'
import { openChannel } from './plugin.ts'
import { acts } from './sharing/acts.ts'
import { serve } from './sharing/calls.ts'
import { takeCarrier } from './sharing/carriers.ts'
import { SERVING } from './task.ts'

if (SERVING.includes(order.task.kind)) serveMain()
else work()

function work(): void {
  const done = order.task.kind === 'job' ? runJob(order.task.job) : flood(() => openChannel())
  done.then(
    (result) => process.parentPort.postMessage({ result }),
    (error) => process.parentPort.postMessage({ error: String(error?.stack ?? error) }),
  )
}

function serveMain(): void {
  takeCarrier('utility', process.parentPort)
  process.parentPort.on('message', ({ data, ports: [port] }) => port && takeCarrier(data.carrier, port))
  serve(acts, {
    post: (message) => process.parentPort.postMessage(message),
    listen: (handler) => process.parentPort.on('message', ({ data }) => handler(data)),
  })
}
