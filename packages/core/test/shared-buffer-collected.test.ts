// Buffers that nobody releases: garbage collection lets go of them.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { postSharedBuffer } from '../src/posting.ts'
import { type SharedBufferReceivedEvent, SharedBufferReceiver } from '../src/shared-buffer-receiver.ts'
import { filled, ports } from './helpers/buffers.ts'
import { copying, TableHost } from './helpers/table-host.ts'
import { turn, turns } from './helpers/wait.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Collects until it is so; the test's own time limit ends it. */
async function collectUntil(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await turn() // what a WeakRef gave is kept until then
    collectGarbage()
    await turn()
  }
}

/** Collects what can be. */
async function collectAll(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    collectGarbage()
    await turn()
  }
}

it.each<[string, (event: SharedBufferReceivedEvent) => void]>([
  ['looks at it', () => {}],
  ['keeps its memory', (event) => void event.getBuffer()],
  ['keeps its bytes', (event) => void event.bytes],
  ['keeps its shared memory', (event) => void event.getBuffer({ kind: 'shared' })],
])('an event that nobody keeps is let go of: a listener %s', async (_, look) => {
  const host = new TableHost()
  const [near, far] = ports()
  const receiver = new SharedBufferReceiver(far, host)
  receiver.addEventListener('sharedbufferreceived', look)
  const buffer = host.create(10)
  const released: string[] = []
  for (let i = 0; i < 10; i++) void postSharedBuffer(near, buffer).released.then((by) => released.push(by))
  await collectUntil(() => released.length >= 8) // the last ones may lie on the stack
  expect(new Set(released)).toEqual(new Set(['released']))
  receiver.close()
})

it.each<[string, (event: SharedBufferReceivedEvent) => object]>([
  ['the event', (event) => event],
  ['the received buffer', (event) => event.received],
  ['the memory', (event) => event.getBuffer()],
  ['a view of it', (event) => new Float32Array(event.getBuffer(), 0, 2)],
  ['its bytes', (event) => event.bytes],
])('a buffer stays as long as somebody has %s', async (_, choose) => {
  const host = new TableHost()
  const [near, far] = ports()
  const receiver = new SharedBufferReceiver(far, host)
  const kept: object[] = []
  receiver.addEventListener('sharedbufferreceived', (event) => kept.push(choose(event)))
  const posts = Array.from({ length: 10 }, () => postSharedBuffer(near, filled(host, 10)))
  await Promise.all(posts.map(({ received }) => received))
  await collectAll()
  expect(host.released).toEqual([])
  kept.length = 0
  await collectUntil(() => host.released.length >= 8)
  receiver.close()
  expect(host.released).toHaveLength(10)
})

it('copies are let go of as well, and what nobody listens for is kept', async () => {
  const [near, far] = ports()
  const receiver = new SharedBufferReceiver(far)
  const released: string[] = []
  for (let i = 0; i < 10; i++) {
    void postSharedBuffer(near, copying(new Uint8Array(10))).released.then((by) => released.push(by))
  }
  await turns()
  await collectAll()
  expect(released).toEqual([])
  receiver.addEventListener('sharedbufferreceived', (event) => void event.bytes)
  await collectUntil(() => released.length >= 8)
  receiver.close()
})

it('a buffer at a worker stays, whoever has the event', async () => {
  const host = new TableHost()
  const [near, far] = ports()
  const receiver = new SharedBufferReceiver(far, host)
  const [toThere, there] = ports()
  const second = new SharedBufferReceiver(there)
  const kept: object[] = []
  second.addEventListener('sharedbufferreceived', (event) => kept.push(event.getBuffer()))
  receiver.addEventListener('sharedbufferreceived', (event) => event.received.toWorker(toThere))
  const posts = Array.from({ length: 10 }, () => postSharedBuffer(near, filled(host, 10)))
  await Promise.all(posts.map(({ received }) => received))
  await turns()
  await collectAll()
  expect(kept).toHaveLength(10)
  expect(host.released).toEqual([])
  second.close()
  expect(await Promise.all(posts.map(({ released }) => released))).toEqual(Array(10).fill('released'))
})

it('what was released is forgotten while the receiver goes on', async () => {
  const host = new TableHost()
  const segments: WeakRef<object>[] = []
  const { open } = host
  // No spy, which would remember what it returned.
  host.open = (...args) => {
    const segment = open.apply(host, args)
    segments.push(new WeakRef(segment))
    return segment
  }
  const [near, far] = ports()
  const receiver = new SharedBufferReceiver(far, host)
  receiver.addEventListener('sharedbufferreceived', (event) => receiver.releaseBuffer(event))
  const buffer = host.create(1)
  await Promise.all(Array.from({ length: 10 }, () => postSharedBuffer(near, buffer).released))
  await collectUntil(() => segments.filter((segment) => segment.deref() !== undefined).length <= 2)
  expect(segments).toHaveLength(10)
  receiver.close()
})
