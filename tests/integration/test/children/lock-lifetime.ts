// Makes many locks, closes some, forgets others, and prints what this process still has of them in the end: of the system,
// and of those that were closed while their buffer is still open.
import { createSharedBuffer, openSharedBuffer, SharedMutex } from '@shared-channel/native'
import { collectGarbage } from '../helpers/garbage.ts'
import { whatIsLeft } from '../helpers/left.ts'

const ROUNDS = 50

for (let round = 0; round < ROUNDS; round++) await contend(round)
const buffer = createSharedBuffer(65536)
const closed = Array.from({ length: ROUNDS }, makeAndClose)
await collectGarbage()
const remembered = closed.filter((mutex) => mutex.deref() !== undefined).length
buffer.close()
console.log(JSON.stringify({ ...(await whatIsLeft()), remembered }))

function makeAndClose(): WeakRef<SharedMutex> {
  const mutex = new SharedMutex(buffer)
  mutex.close()
  return new WeakRef(mutex)
}

/** One end waits for the other; both are closed, or their buffers are, or nobody closes anything. */
async function contend(round: number): Promise<void> {
  const buffer = createSharedBuffer(65536)
  const other = openSharedBuffer(buffer.handle)
  const mutexes = [new SharedMutex(buffer), new SharedMutex(other)] as const
  await mutexes[0].lock()
  const waiting = mutexes[1].lock()
  mutexes[0].unlock()
  await waiting
  if (round % 3 === 0) for (const mutex of mutexes) mutex.close()
  if (round % 3 <= 1) for (const one of [buffer, other]) one.close()
}
