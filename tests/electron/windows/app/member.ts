// The program of a utility process, and of a worker of the main process, that is an end of links.
import { parentPort } from 'node:worker_threads'
import { onLink } from '@shared-channel/electron/utility'
import { callTalks, type MemberAnswer, type MemberCall } from './member-calls.ts'
import { Talks } from './talks.ts'

const talks = new Talks(onLink)

async function received(message: MemberCall): Promise<void> {
  if (!('calls' in message)) return
  const { calls, id, order } = message
  try {
    say({ answers: id, value: await callTalks(talks, calls, order) })
  } catch (error) {
    say({ answers: id, error: String(error) })
  }
}

let say: (answer: MemberAnswer) => void
if (parentPort !== null) {
  const port = parentPort
  say = (answer) => port.postMessage(answer)
  port.on('message', received)
} else {
  say = (answer) => process.parentPort.postMessage(answer)
  process.parentPort.on('message', ({ data }) => void received(data))
}
