// Channels between a page and its Web Workers. The same between threads of Node is in packages/core/test.
import { SharedChannel, type WorkerLinkOptions, workerLink } from '@shared-channel/core'
import coreUrl from '@shared-channel/core?url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Checksum, pattern } from './helpers/checksum.ts'
import { Work } from './worker-link/work.ts'

const WORKER = new URL('./worker-link/worker.ts', import.meta.url)
const WITHOUT_WAIT_ASYNC = new URL('./worker-link/worker-without-wait-async.ts', import.meta.url)

function start(url: URL | string = WORKER, name = ''): Worker {
  const worker = new Worker(url, { type: 'module', name })
  onTestFinished(() => worker.terminate())
  return worker
}

async function open(worker: Worker, options: WorkerLinkOptions = {}) {
  // No timeout of the channel's ends a wait here.
  const channel = new SharedChannel(await workerLink(worker, options), Work, { closeTimeout: 100_000 })
  onTestFinished(async () => void (await channel.close({ discard: true })))
  return channel
}

const toldBy = (worker: Worker): Promise<unknown> =>
  new Promise((resolve) => {
    worker.addEventListener('message', ({ data }) => typeof data === 'string' && resolve(data))
  })

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1))
}

it('requests, and the end in good order on both sides', async () => {
  const worker = start()
  const channel = await open(worker)
  expect(await Promise.all([1, 2, 3].map((value) => channel.request('double', value)))).toEqual([2, 4, 6])
  const told = toldBy(worker)
  expect(await channel.close()).toEqual({ unconsumed: 0 })
  expect(await told).toBe('closed: in order')
})

it('200 MB each way at once, checked', async () => {
  const channel = await open(start(), { sendCapacity: 4 << 20, receiveCapacity: 4 << 20 })
  const came = new Checksum()
  const expected = new Checksum()
  channel.on('data', (data) => came.add(data))
  const answer = channel.request('exchange', { parts: 200, size: 1_000_000 })
  for (let i = 0; i < 200; i++) {
    const data = pattern(1_000_000, i)
    expected.add(data)
    await channel.sendDirect('data', data)
  }
  expect(await answer).toBe(expected.text)
  expect(came.text).toBe(expected.text)
})

it('many links over one worker, told apart by names', async () => {
  const worker = start()
  const names = Array.from({ length: 50 }, (_, i) => `link ${i}`)
  const channels = await Promise.all(names.map((name) => open(worker, { name, sendCapacity: 4096 })))
  expect(await Promise.all(channels.map((channel) => channel.request('your name', '')))).toEqual(names)
})

describe('a worker that has ended loses its channels', () => {
  it('by terminate', async () => {
    const worker = start()
    const channels = await Promise.all([1, 2, 3].map(() => open(worker)))
    worker.terminate()
    for (const { closed } of channels) expect(await closed).toMatchObject({ reason: { code: 'PEER_LOST' } })
  })

  it('by itself, in the middle of a stream', async () => {
    const channel = await open(start())
    let came = 0
    channel.on('data', () => came++)
    const answer = channel.request('exchange', { parts: 1_000_000, size: 1000 }).catch((error) => error)
    await until(() => came > 1000)
    channel.send('order', 'close')
    expect(await channel.closed).toMatchObject({ reason: { code: 'PEER_LOST' } })
    expect(await answer).toMatchObject({ code: 'PEER_LOST' })
  })
})

it('an uncaught error ends no Web Worker, and no channel', async () => {
  const worker = start()
  const channel = await open(worker)
  const failed = new Promise<ErrorEvent>((resolve) => worker.addEventListener('error', resolve))
  channel.send('order', 'throw')
  expect(await channel.request('double', 4)).toBe(8)
  expect((await failed).message).toContain('nobody catches this')
})

it('a script that cannot be loaded rejects', async () => {
  const url = URL.createObjectURL(new Blob())
  URL.revokeObjectURL(url)
  const message = expect.stringContaining('cannot be loaded')
  await expect(workerLink(start(url))).rejects.toMatchObject({ code: 'PEER_LOST', message })
})

it('links that are closed, given up or lost leave no locks', async () => {
  const worker = start()
  const locks = async () => {
    const { held = [], pending = [] } = await navigator.locks.query()
    return [...held, ...pending].filter(({ name }) => name?.startsWith('shared-channel')).length
  }
  await until(async () => (await locks()) === 0) // those of the tests before
  const channel = await open(worker)
  expect(await locks()).toBe(2)
  for (let i = 0; i < 100; i++) {
    await workerLink(worker, { timeout: 0 }).then(
      (link) => link.close(),
      () => {},
    )
    await (await open(worker)).close()
  }
  await until(async () => (await locks()) === 2)
  await channel.close()
  await until(async () => (await locks()) === 0)
})

it('a worker that serves late is found then', async () => {
  const channel = await open(start(WORKER, 'late'))
  expect(await channel.request('double', 4)).toBe(8)
})

it('where there is no Atomics.waitAsync the ports ring', async () => {
  const frame = await run(
    `delete Atomics.waitAsync
     const { bytes, defineProtocol, json, SharedChannel, workerLink } = await import('${coreUrl}')
     const worker = new Worker('${WITHOUT_WAIT_ASYNC}', { type: 'module' })
     const Work = defineProtocol({ send: { double: { id: 2, codec: json(), reply: json() } } })
     const channel = new SharedChannel(await workerLink(worker), Work)
     let sum = 0
     for (let i = 0; i < 100; i++) sum += await channel.request('double', i)
     worker.terminate()
     const { reason } = await channel.closed
     return { sum, code: reason.code }`,
  )
  expect(frame).toEqual({ sum: 9900, code: 'PEER_LOST' })
})

it('a page that is not cross-origin isolated is told how to be', async () => {
  const found = await run(
    `const { workerLink } = await import('${coreUrl}')
     const worker = new Worker('${WORKER}', { type: 'module' })
     const { code, message } = await workerLink(worker).catch((error) => error)
     worker.terminate()
     return { isolated: crossOriginIsolated, code, message }`,
    "cross-origin-isolated 'none'",
  )
  expect(found).toMatchObject({ isolated: false, code: 'NOT_SUPPORTED' })
  const { message } = found as { message: string }
  for (const hint of [
    'Cross-Origin-Opener-Policy: same-origin',
    'Cross-Origin-Embedder-Policy: require-corp',
    '@shared-channel/browser/vite',
  ]) {
    expect(message).toContain(hint)
  }
})

/** What a script returns that runs in a frame of its own, with these permissions. */
async function run(script: string, allow = ''): Promise<unknown> {
  const frame = document.createElement('iframe')
  frame.allow = allow
  const text = `(async () => { ${script} })().catch(String).then((result) => parent.postMessage({ result }, '*'))`
  frame.srcdoc = `<script type="module">${text}</script>`
  onTestFinished(() => frame.remove())
  const result = new Promise((resolve) => {
    window.addEventListener('message', ({ source, data }) => source === frame.contentWindow && resolve(data.result))
  })
  document.body.append(frame)
  return result
}
