// How channels between threads of Node end when a side does.
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { flip } from '../src/protocol.ts'
import { serveLink } from '../src/serve-link.ts'
import { workerLink } from '../src/worker-link.ts'
import { pattern } from './helpers/bytes.ts'
import { forkProgram, once, programPath } from './helpers/programs.ts'
import { turns, until } from './helpers/wait.ts'
import { Work } from './helpers/work.ts'
import { openWork, startLinkWorker, toldBy } from './helpers/worker-links.ts'

const LOST = { reason: { code: 'PEER_LOST' } }

describe('a thread that ends in the middle of a stream loses its channels', () => {
  it.each([
    ['by terminate', undefined],
    ['by process.exit', 'exit'],
    ['by an uncaught error', 'throw'],
  ])('%s', async (_, order) => {
    const worker = await startLinkWorker()
    worker.on('error', () => {})
    // No timeout of the channel's is waited for.
    const channels = await Promise.all([1, 2, 3].map(() => openWork(worker, {}, { closeTimeout: 100_000 })))
    const [channel] = channels
    if (channel === undefined) throw new Error()
    let came = 0
    channel.on('data', () => came++)
    for (let i = 0; i < 100; i++) channel.send('data', pattern(10_000))
    await until(() => came > 10)
    const call = channel.request('double', 1).catch((error) => error)
    if (order === undefined) void worker.terminate()
    else channel.send('order', order)
    for (let i = 0; i < 100; i++) channel.send('data', pattern(10_000))
    for (const { closed } of channels) expect(await closed).toMatchObject(LOST)
    const answer = await call
    if (answer !== 2) expect(answer).toMatchObject({ code: 'PEER_LOST' })
  })
})

it('what a thread published before it ended is handed out', async () => {
  const worker = await startLinkWorker()
  const channel = await openWork(worker)
  const told: string[] = []
  channel.on('told', (text) => told.push(text))
  channel.send('order', 'last words')
  expect(await channel.closed).toMatchObject(LOST)
  expect(told).toEqual(['farewell'])
})

describe('a thread that serves nothing any more', () => {
  it('lives as long as a channel has a consumer', async () => {
    const channel = await openWork(await startLinkWorker('serve one'))
    for (let i = 0; i < 10; i++) {
      expect(await channel.request('double', i)).toBe(2 * i)
      await turns()
    }
  })

  it('ends when none has', async () => {
    const worker = await startLinkWorker('have one')
    // Which is heard first, that it serves the link or that it has ended, is the system's affair.
    const end = openWork(worker).then(
      ({ closed }) => closed,
      (reason: unknown) => ({ reason }),
    )
    expect(await end).toMatchObject(LOST)
  })
})

it('a link without a channel learns of it when it gets one', async () => {
  const worker = await startLinkWorker()
  const link = await workerLink(worker)
  await worker.terminate()
  const channel = new SharedChannel(link, Work)
  expect(await channel.closed).toMatchObject(LOST)
})

it('a thread that hangs does not hold the end of its channel: nothing but the time to close is waited for', async () => {
  const worker = await startLinkWorker()
  const channel = await openWork(worker, {}, { closeTimeout: 20 })
  channel.send('order', 'hang')
  channel.send('data', pattern(10))
  expect(await channel.close()).toMatchObject({ reason: { code: 'TIMEOUT' } })
})

it('a link that is let go of without closing a channel is lost to the other side', async () => {
  const worker = await startLinkWorker()
  const told = toldBy(worker, /^closed/)
  const link = await workerLink(worker)
  await link.close()
  expect(await told).toBe('closed: PEER_LOST')
})

it('a link is for one channel, and for none after it is closed', async () => {
  const worker = await startLinkWorker()
  const link = await workerLink(worker)
  const channel = new SharedChannel(link, Work)
  expect(() => new SharedChannel(link, Work)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  await channel.close()
  expect(() => new SharedChannel(link, Work)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  expect(() => link.memory).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  link.wakePeer() // does nothing
  await link.stop()
  await link.close()
})

it('both ends may be in one thread', async () => {
  const { port1, port2 } = new MessageChannel()
  const ends: SharedChannel<ReturnType<typeof flip<Work['send'], Work['receive']>>>[] = []
  const stop = serveLink((link) => ends.push(new SharedChannel(link, flip(Work))), { target: port2 })
  const channel = new SharedChannel(await workerLink(port1), Work)
  ends[0]?.handle('double', (value) => 2 * value)
  expect(await channel.request('double', 4)).toBe(8)
  stop()
  stop()
  expect(await channel.close()).toEqual({ unconsumed: 0 })
  port1.close()
})

describe('the process', () => {
  const run = async (task: string, execArgv: string[] = []) => {
    const child = await forkProgram('link-parent', [task, await programPath('link-worker')], { execArgv })
    const told: unknown[] = []
    child.on('message', (message) => told.push(message))
    return { code: await once(child, 'exit'), told }
  }

  it('may end while a channel is open that does not hold it', async () => {
    expect(await run('unref')).toEqual({ code: 0, told: [] })
  })

  it('lives as long as a channel has a consumer, and no longer', async () => {
    expect(await run('ref')).toEqual({ code: 0, told: ['still here'] })
  })

  it('lives while a link is opened', async () => {
    expect(await run('opening')).toEqual({ code: 0, told: ['opened'] })
  })

  it('needs no Atomics.waitAsync: then the ports ring', async () => {
    const without = fileURLToPath(new URL('./children/no-wait-async.cjs', import.meta.url))
    expect(await run('talk', ['--require', without])).toEqual({ code: 0, told: ['false, 100 came, in order'] })
  })
})
