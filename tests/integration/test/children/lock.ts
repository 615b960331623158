// Uses a lock in a buffer that it opens by its handle, as a process or a worker. Prints a line, or posts a message, at each
// step.
//   lock <handle> hold       takes the lock and keeps it, for ever
//   lock <handle> forget     takes the lock and ends, as it has nothing more to do
//   lock <handle> exit       takes the lock and calls process.exit
//   lock <handle> wait       waits for the lock, for ever
//   lock <handle> count <n>  adds n to the number in the buffer, one by one, and shows half-done work in between
import { parentPort } from 'node:worker_threads'
import { openSharedBuffer, SharedMutex } from '@shared-channel/native'

const [handle = '', task, rounds] = process.argv.slice(2)
const buffer = openSharedBuffer(handle)
const mutex = new SharedMutex(buffer, 128)
const tell = (what: string) => (parentPort === null ? console.log(what) : parentPort.postMessage(what))

switch (task) {
  case 'hold':
    await mutex.lock()
    setInterval(() => {}, 1000)
    tell('locked')
    break
  case 'forget':
    await mutex.lock()
    tell('locked')
    break
  case 'exit':
    await mutex.lock()
    process.exit()
    break
  case 'wait':
    setImmediate(tell, 'waiting')
    await mutex.lock()
    tell('locked')
    break
  case 'count':
    for (let i = 0; i < Number(rounds); i++) await mutex.run(countOne)
    tell('counted')
    mutex.close()
    buffer.close()
}

async function countOne({ ownerLost }: { ownerLost: boolean }): Promise<void> {
  const numbers = new Uint32Array(buffer.arrayBuffer, 0, 1)
  if (ownerLost) throw new Error('nobody was lost')
  const before = numbers[0] ?? 0
  if (before % 4 === 0) await new Promise((resolve) => setImmediate(resolve))
  numbers[0] = before + 1
}
