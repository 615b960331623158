// A worker without a host: gets what toWorker moves to it, changes it, and does with it what it is told.
import { parentPort, workerData } from 'node:worker_threads'
import { SharedBufferReceiver } from '../../src/index.ts'

if (parentPort === null) throw new Error('This is a worker.')
const port = parentPort
const receiver = new SharedBufferReceiver(port)
receiver.addEventListener('sharedbufferreceived', (event) => {
  const buffer = event.getBuffer()
  const found = { bytes: [...event.bytes], access: event.access, data: event.additionalData }
  if (workerData === 'release') receiver.releaseBuffer(buffer)
  port.postMessage({ ...found, left: buffer.byteLength })
})
