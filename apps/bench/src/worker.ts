// The worker of WorkerCounterpart: does what plugin/measure.cpp does, with postMessage.
import { parentPort } from 'node:worker_threads'
import { type Description, sumOfLines } from './counterpart.ts'
import type { WorkerOrder, WorkerReport, WorkerRequest } from './worker-protocol.ts'

const port = parentPort
if (port === null) throw new Error('this file is a worker; run main.js')

let echoing = false
let count = 0
let sum = 0

port.on('message', (message: Uint8Array | WorkerOrder | WorkerRequest) => {
  if (message instanceof Uint8Array) {
    if (echoing) {
      port.postMessage(message)
    } else {
      count++
      sum += sumOfLines(message)
    }
    return
  }
  if ('call' in message) {
    port.postMessage(message)
    return
  }
  switch (message.order) {
    case 'count':
    case 'echo':
      echoing = message.order === 'echo'
      break
    case 'report':
      port.postMessage({ count, sum } satisfies WorkerReport)
      count = sum = 0
      break
    case 'describe':
      for (let index = 0; index < message.messages; index++) {
        const description: Description = { index, source: 'spectrometer-2', level: 'warning', message: message.text }
        port.postMessage(JSON.stringify(description))
      }
      break
    case 'produce': {
      const data = new Uint8Array(message.size).fill(7)
      for (let i = 0; i < message.messages; i++) {
        data[0] = i
        port.postMessage(data)
      }
    }
  }
})
