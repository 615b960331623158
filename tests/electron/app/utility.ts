// The utility process. It lives until the app quits.
import { flood } from './flood.ts'
import { runJob } from './jobs.ts'
import { order } from './order.ts'

const work = order.task.kind === 'job' ? runJob(order.task.job) : flood()
work.then(
  (result) => process.parentPort.postMessage({ result }),
  (error) => process.parentPort.postMessage({ error: String(error?.stack ?? error) }),
)
