// Connections that nobody keeps: garbage collection takes them out of the registry.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { Connections } from '../src/connections.ts'
import { Talk } from './helpers/channel-pair.ts'
import { turn } from './helpers/wait.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const options = { connect: () => new Promise<never>(() => {}), protocol: Talk }

it('forgets a connection that was only looked at, and keeps one that has a subscriber', async () => {
  const connections = new Connections()
  const leave = connections.get('used', options).subscribe(() => {})
  for (let size = 0; size < 100; size++) connections.get(['looked at', size], options)
  expect(connections.size).toBe(101)
  while (connections.size > 1) {
    await turn() // what a WeakRef gave is kept until then
    collectGarbage()
  }
  const used = connections.get('used', options)
  expect(used.isWanted).toBe(true)
  leave()
  expect(used.isWanted).toBe(false)
})

it('gives the same one to whoever comes after the last subscriber has left, while somebody still has it', () => {
  const connections = new Connections()
  const seen = connections.get('camera', options)
  connections.get('camera', options).subscribe(() => {})()
  expect(connections.get('camera', options)).toBe(seen)
})
