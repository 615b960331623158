// Channels between two processes, and between two threads of one.
import { Worker } from 'node:worker_threads'
import { SharedChannel } from '@shared-channel/core'
import { createChannel } from '@shared-channel/native'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Between, receiveStream, sendStream } from './helpers/checked-stream.ts'
import { childPath, runChild } from './helpers/child.ts'
import { until } from './helpers/wait.ts'

type Where = 'process' | 'worker'

interface Outcome {
  readonly code: number | null
  readonly stderr: string
  /** What it says of the channel's end; undefined when it ended before. */
  readonly end: unknown
}

async function runEnd(where: Where, args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = where === 'process' ? await runChild('channel-end', args) : await runWorker(args)
  return { code, stderr, end: stdout === '' ? undefined : JSON.parse(stdout) }
}

function runWorker(argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const worker = new Worker(childPath('channel-end'), { argv, stdout: true, stderr: true })
  onTestFinished(async () => void (await worker.terminate()))
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    worker[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text
    })
  }
  return new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('exit', (code) => setImmediate(() => resolve({ code, ...output })))
  })
}

/** A channel whose other end does `what` somewhere else. */
function start(where: Where, what: string, { seed = 0, count = 0, capacity = 4096 } = {}) {
  const { link, handle } = createChannel({ capacity })
  const channel = new SharedChannel(link, Between, { closeTimeout: 10_000 })
  onTestFinished(async () => void (await channel.close({ discard: true })))
  return { channel, other: runEnd(where, [handle, what, `${seed}`, `${count}`]) }
}

const inOrder = { unconsumed: 0 }

describe.each<Where>(['process', 'worker'])('with a %s', (where) => {
  it.each([4096, 1 << 19])(
    'streams both ways at once come whole and in order, through rings of %i bytes',
    async (capacity) => {
      const seed = Math.floor(Math.random() * 2 ** 31)
      const count = 3000
      const { channel, other } = start(where, 'stream, and wait for the end', { seed, count, capacity })
      await Promise.all([sendStream(channel, seed, count), receiveStream(channel, seed + 1, count)]).catch((error) => {
        throw new Error(`seed ${seed}: ${error.message}`)
      })
      expect(await channel.close()).toEqual(inOrder)
      expect(await other).toEqual({ code: 0, stderr: '', end: inOrder })
    },
  )

  it('calls are answered both ways', async () => {
    const { channel, other } = start(where, 'call and answer', { count: 500 })
    channel.handle('double', (number) => 2 * number)
    const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => channel.request('double', i)))
    expect(answers).toEqual(Array.from({ length: 500 }, (_, i) => 2 * i))
    await channel.close()
    expect(await other).toEqual({ code: 0, stderr: '', end: inOrder })
  })

  it('the other end closes when it has what it wants, and both know it', async () => {
    const { channel, other } = start(where, 'stream, and close', { seed: 7, count: 200 })
    await Promise.all([sendStream(channel, 7, 200), receiveStream(channel, 8, 200)])
    expect(await channel.closed).toEqual(inOrder)
    expect(await other).toEqual({ code: 0, stderr: '', end: inOrder })
  })

  it('what this end sends and closes at once, before the other has come, arrives', async () => {
    const { channel, other } = start(where, 'listen for one message', { seed: 3 })
    await sendStream(channel, 3, 1)
    expect(await channel.close()).toEqual(inOrder)
    expect((await other).end).toEqual(inOrder)
  })

  it.each(['do nothing', 'listen, unref'])(
    'an end that is told to %s keeps nothing alive, and is lost when it ends',
    async (what) => {
      const { channel, other } = start(where, what)
      expect(await other).toEqual({ code: 0, stderr: '', end: undefined })
      expect((await channel.closed).reason).toMatchObject({ code: 'PEER_LOST' })
    },
  )

  it('an end that listens keeps its side alive until it is closed', async () => {
    const { channel, other } = start(where, 'listen')
    let hasEnded = false
    void other.then(() => {
      hasEnded = true
    })
    await sendStream(channel, 1, 200)
    await until(() => channel.stats().queuedMessages === 0)
    expect(hasEnded).toBe(false)
    expect(await channel.close()).toEqual(inOrder)
    expect(await other).toEqual({ code: 0, stderr: '', end: inOrder })
  })

  it('an end whose side exits is lost; what it had not taken is counted', async () => {
    const { channel, other } = start(where, 'exit')
    for (let i = 0; i < 100; i++) channel.send('data', new Uint8Array(1000))
    const { unconsumed, reason } = await channel.closed
    expect(reason).toMatchObject({ code: 'PEER_LOST', message: expect.stringContaining('were not consumed') })
    expect(unconsumed).toBeGreaterThanOrEqual(100 - 4) // as many as the ring has room for may have been taken
    expect((await other).code).toBe(0)
  })
})

it('a worker that is terminated is lost', async () => {
  const { link, handle } = createChannel({ capacity: 4096 })
  const channel = new SharedChannel(link, Between)
  const worker = new Worker(childPath('channel-end'), { argv: [handle, 'listen'] })
  await sendStream(channel, 1, 100)
  await worker.terminate()
  expect((await channel.closed).reason).toMatchObject({ code: 'PEER_LOST' })
})
