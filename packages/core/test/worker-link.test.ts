// Channels between threads of Node.
import { describe, expect, it } from 'vitest'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { checksum, part } from './helpers/work.ts'
import { openWork, startLinkWorker, toldBy } from './helpers/worker-links.ts'

/** The next message of a type. */
const next = <T>(subscribe: (handler: (value: T) => void) => () => void): Promise<T> =>
  new Promise((resolve) => {
    const stop = subscribe((value) => {
      stop()
      resolve(value)
    })
  })

it('messages, requests and the end in good order on both sides', async () => {
  const worker = await startLinkWorker()
  const channel = await openWork(worker)
  const echo = next<Uint8Array>((handler) => channel.on('data', handler))
  channel.send('data', pattern(1000))
  expectBytes(await echo, pattern(1000))
  expect(await Promise.all([1, 2, 3].map((value) => channel.request('double', value)))).toEqual([2, 4, 6])
  const told = toldBy(worker, /^closed/)
  expect(await channel.close()).toEqual({ unconsumed: 0 })
  expect(await told).toBe('closed: in order')
})

it('either side may close', async () => {
  const worker = await startLinkWorker()
  const channel = await openWork(worker)
  channel.send('order', 'close')
  expect(await channel.closed).toEqual({ unconsumed: 0 })
})

it('both may close at once', async () => {
  const worker = await startLinkWorker()
  for (let i = 0; i < 20; i++) {
    const channel = await openWork(worker)
    const told = toldBy(worker, /^closed/)
    channel.send('order', 'close')
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(await told).toBe('closed: in order')
  }
})

it('200 MB each way at once, checked', async () => {
  const channel = await openWork(await startLinkWorker())
  const size = 1_000_000
  let expected = 0
  let sum = 0
  let came = 0
  channel.on('data', (data) => {
    sum = checksum(data, sum)
    came++
  })
  const answer = channel.request('exchange', { parts: 200, size })
  for (let i = 0; i < 200; i++) {
    const data = part(size, i)
    expected = checksum(data, expected)
    if (!channel.send('data', data)) await channel.ready
  }
  expect(await answer).toBe(expected)
  expect({ came, sum }).toEqual({ came: 200, sum: expected })
})

it('a worker that takes nothing is felt: messages wait for room, within the limit', async () => {
  const channel = await openWork(await startLinkWorker(), { sendCapacity: 4096 }, { maxQueueBytes: 10_000 })
  channel.send('order', 'hang')
  const sendAll = () => {
    for (let i = 0; i < 100; i++) channel.send('data', pattern(1000))
  }
  expect(sendAll).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }))
  expect(channel.stats().queuedBytes).toBeGreaterThan(5000)
})

it('rings have the sizes that were asked for, rounded up to powers of two', async () => {
  const channel = await openWork(await startLinkWorker(), { sendCapacity: 5000, receiveCapacity: 70_000 })
  expect(() => channel.reserve('data', 4089)).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
  channel.reserve('data', 4088)?.abort()
  const echo = next<Uint8Array>((handler) => channel.on('data', handler))
  channel.send('data', pattern(200_000))
  expectBytes(await echo, pattern(200_000))
})

describe('many links over one worker', () => {
  it('do not disturb each other, nor the messages that you send', async () => {
    const worker = await startLinkWorker()
    const warnings: Error[] = []
    process.on('warning', (warning) => warnings.push(warning))
    const channels = await Promise.all(Array.from({ length: 40 }, () => openWork(worker, { sendCapacity: 4096 })))
    const answers = channels.map((channel, i) => channel.request('double', i))
    expect(await Promise.all(answers)).toEqual(channels.map((_, i) => 2 * i))
    const [first, ...others] = channels
    const told = toldBy(worker, /^closed/)
    await first?.close()
    expect(await told).toBe('closed: in order')
    expect(await Promise.all(others.map((channel) => channel.request('double', 4)))).toEqual(others.map(() => 8))
    expect(warnings).toEqual([])
  })

  it('are told apart by names', async () => {
    const worker = await startLinkWorker('serve when told')
    const opening = ['b', 'a'].map((name) => openWork(worker, { name }))
    worker.postMessage('a')
    const a = await opening[1]
    const name = next<string>((handler) => a?.on('told', handler) ?? (() => {}))
    a?.send('order', 'your name')
    expect(await name).toBe('a')
    await expect(openWork(worker, { name: 'c', timeout: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await worker.terminate()
    await expect(opening[0]).rejects.toMatchObject({ code: 'PEER_LOST' })
  })

  it('one that is served late is opened then, though its question was lost', async () => {
    const worker = await startLinkWorker('serve when told')
    const opening = openWork(worker, { name: 'late' })
    worker.postMessage('late')
    expect(await (await opening).request('double', 21)).toBe(42)
  })
})

it('an idle channel wakes nobody', async () => {
  const worker = await startLinkWorker()
  const channel = await openWork(worker)
  channel.on('told', () => {})
  await channel.request('double', 1)
  const { wakeUps } = channel.stats()
  // Many others talk meanwhile.
  const other = await openWork(worker)
  for (let i = 0; i < 100; i++) await other.request('double', i)
  expect(channel.stats().wakeUps).toBe(wakeUps)
})
