// One end of a channel over a port: sends numbered messages and checks those that come. Tells what came of it.
import { parentPort, workerData } from 'node:worker_threads'
import { countingEnd } from '../helpers/counting.ts'

const { port, side, options } = workerData
const end = countingEnd(port, side, options)
end.result.then((result) => parentPort?.postMessage(result))
