// Links that are being opened: what may go wrong, and what others send meanwhile.
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { MAGIC_OFFSET, segmentSize, VERSION_MAJOR_OFFSET, writeLayout } from '../src/layout.ts'
import { type LinkHandler, serveLink } from '../src/serve-link.ts'
import { workerLink } from '../src/worker-link.ts'
import { ports } from './helpers/buffers.ts'
import { once } from './helpers/programs.ts'
import { turns, until } from './helpers/wait.ts'
import { openWork, startLinkWorker, toldBy } from './helpers/worker-links.ts'

/** What a refusal looks like. */
const refusal = (code: string, ...texts: string[]) =>
  expect.objectContaining({ code, message: expect.stringMatching(texts.join('.*')) })

describe('a link is given up', () => {
  it('by its signal, before and while it is opened', async () => {
    const worker = await startLinkWorker('nothing')
    const reason = new Error('changed my mind')
    await expect(workerLink(worker, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const opening = workerLink(worker, { signal: controller.signal })
    controller.abort(reason)
    await expect(opening).rejects.toBe(reason)
  })

  it('by its signal when the other side has it already: there it is lost', async () => {
    const worker = await startLinkWorker()
    const told = toldBy(worker, /^closed/)
    const controller = new AbortController()
    const opening = workerLink(worker, { signal: controller.signal })
    worker.on('message', ({ sharedChannelLink }) => sharedChannelLink === 'serving' && controller.abort())
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
    expect(await told).toBe('closed: PEER_LOST')
  })

  it('by its timeout', async () => {
    const worker = await startLinkWorker('nothing')
    await expect(workerLink(worker, { name: 'x', timeout: 5 })).rejects.toEqual(refusal('TIMEOUT', '"x"', '5 ms'))
  })

  it('when the worker ends first, or has ended', async () => {
    const worker = await startLinkWorker('nothing')
    const opening = workerLink(worker)
    await worker.terminate()
    await expect(opening).rejects.toEqual(refusal('PEER_LOST', 'ended'))
    await expect(workerLink(worker)).rejects.toEqual(refusal('PEER_LOST', 'ended'))
  })

  it('when the worker cannot even start', async () => {
    const worker = await startLinkWorker('not even start')
    worker.on('error', () => {})
    await expect(workerLink(worker)).rejects.toEqual(refusal('PEER_LOST', 'code 1'))
  })

  it('when its port is closed', async () => {
    const [near, far] = ports()
    const opening = workerLink(near)
    far.close()
    await expect(opening).rejects.toEqual(refusal('PEER_LOST'))
  })

  it('when the handler throws', async () => {
    const worker = await startLinkWorker()
    await expect(workerLink(worker, { name: 'throws' })).rejects.toEqual(
      refusal('REMOTE_ERROR', '"throws"', 'thrown by the worker'),
    )
  })
})

it('a link whose handler rejects later is lost', async () => {
  const channel = await openWork(await startLinkWorker(), { name: 'rejects' })
  expect(await channel.closed).toMatchObject({ reason: { code: 'PEER_LOST' } })
})

it.each([
  [{ sendCapacity: 4095 }, 'sendCapacity'],
  [{ sendCapacity: 2 ** 30 + 1 }, 'sendCapacity'],
  [{ receiveCapacity: 5000.5 }, 'receiveCapacity'],
  [{ timeout: -1 }, 'timeout'],
  [{ name: 1 as unknown as string }, 'name'],
])('options that cannot be are refused: %o', async (options, named) => {
  const [near] = ports()
  await expect(workerLink(near, options)).rejects.toEqual(refusal('INVALID_ARGUMENT', named))
})

it.each([[{}], [new EventTarget()], [new BroadcastChannel('x')], [null as unknown as object]])(
  'what is no worker is refused: %o',
  async (target) => {
    await expect(workerLink(target)).rejects.toEqual(refusal('INVALID_ARGUMENT', 'Worker'))
    expect(() => serveLink(() => {}, { target })).toThrow(refusal('INVALID_ARGUMENT', 'target: parentPort'))
    if (target instanceof BroadcastChannel) target.close()
  },
)

describe('serving', () => {
  it('needs a parent', () => {
    // vitest runs tests in a process here.
    expect(() => serveLink(() => {})).toThrow(refusal('INVALID_ARGUMENT', 'target: parentPort'))
  })

  it('takes a name once, until it is stopped', async () => {
    const [near, target] = ports()
    const served: string[] = []
    const serve = (mark: string, options = {}) =>
      serveLink((_, info) => served.push(mark + info.name), { target, ...options })
    const stopAll = serve('all ')
    const stopA = serve('one ', { name: 'a' })
    expect(() => serve('')).toThrow(refusal('INVALID_ARGUMENT', 'All names'))
    expect(() => serve('', { name: 'a' })).toThrow(refusal('INVALID_ARGUMENT', '"a"'))
    const open = async (name: string) => (await workerLink(near, { name })).close()
    await open('a')
    await open('b')
    stopA()
    await open('a')
    serve('another ', { name: 'a' })
    stopA()
    await open('a')
    stopAll()
    await expect(workerLink(near, { name: 'b', timeout: 10 })).rejects.toEqual(refusal('TIMEOUT'))
    expect(served).toEqual(['one a', 'all b', 'all a', 'another a'])
  })
})

it('the messages of others pass', async () => {
  const worker = await startLinkWorker()
  const others = [null, 1, { sharedChannelLink: 7 }, { data: { sharedChannelLink: 'serving' } }]
  const seen: unknown[] = []
  worker.on('message', (message) => seen.push(message))
  for (const message of others) worker.postMessage({ echo: message })
  const channel = await openWork(worker)
  await channel.request('double', 1)
  expect(seen).toEqual(expect.arrayContaining(others))
})

describe('what is no handshake, or a bad one,', () => {
  const memory = () => {
    const buffer = new SharedArrayBuffer(segmentSize(4096, 4096))
    writeLayout(buffer, 4096, 4096)
    return buffer
  }
  /** A good one is changed in one place. */
  const openings: [string, (port: MessagePort) => Record<string, unknown>][] = [
    ['without a port', () => ({ port: undefined })],
    ['with something else for a port', () => ({ port: { postMessage: 1 } })],
    ['without memory', () => ({ memory: undefined })],
    ['with memory that is not shared', () => ({ memory: new ArrayBuffer(200_000) })],
    ['with a view', () => ({ memory: new Uint8Array(new SharedArrayBuffer(200_000)) })],
    ['without a name', () => ({ name: undefined })],
    ['with a number for a name', () => ({ name: 1 })],
    ['without a lock', () => ({ lock: {} })],
  ]

  it.each(openings)('%s, is ignored by who serves', async (_, change) => {
    const [near, target] = ports()
    let served = 0
    const handler: LinkHandler = () => served++
    const stop = serveLink(handler, { target })
    const { port1, port2 } = new MessageChannel()
    const message = { sharedChannelLink: 'open', name: '', memory: memory(), port: port2, lock: 'x', ...change(port2) }
    near.postMessage(message, message.port === port2 ? [port2] : [])
    await (await workerLink(near)).close()
    expect(served).toBe(1)
    stop()
    port1.close()
  })

  it.each([
    ['memory that is too small', new SharedArrayBuffer(8), 'not a Shared Channel segment'],
    ['memory without a header', new SharedArrayBuffer(200_000), 'not a Shared Channel segment'],
    ['another version', memory(), 'version 7'],
  ])('with %s, is answered: %s', async (what, buffer, text) => {
    if (what === 'another version') new Int32Array(buffer)[VERSION_MAJOR_OFFSET / 4] = 7
    else if (buffer.byteLength > 8) new Int32Array(buffer)[MAGIC_OFFSET / 4] = 1
    const [near, target] = ports()
    const stop = serveLink(() => {}, { target })
    const { port1, port2 } = new MessageChannel()
    near.postMessage({ sharedChannelLink: 'open', name: '', memory: buffer, port: port2, lock: 'x' }, [port2])
    expect(await once(port1, 'message')).toEqual({ sharedChannelLink: 'failed', text: expect.stringContaining(text) })
    stop()
    port1.close()
  })

  it('is ignored by who opens', async () => {
    const [near, far] = ports()
    const opened: unknown[] = []
    far.on('message', (message) => opened.push(message))
    const opening = workerLink(near, { name: 'x', sendCapacity: 4096, receiveCapacity: 4096 })
    await until(() => opened.length === 1)
    expect(opened).toEqual([{ sharedChannelLink: 'ask', name: 'x' }])
    for (const sharedChannelLink of ['open', 'served', 'failed', 'Serving', 1]) far.postMessage({ sharedChannelLink })
    far.postMessage({ sharedChannelLink: 'serving', name: 'y' })
    far.postMessage({ sharedChannelLink: 'serving', name: null })
    await turns()
    expect(opened).toHaveLength(1)
    far.postMessage({ sharedChannelLink: 'serving', name: 'x' })
    far.postMessage({ sharedChannelLink: 'serving', name: 'x' })
    await until(() => opened.length === 2)
    await turns()
    expect(opened).toHaveLength(2) // once
    const { port } = opened[1] as { port: MessagePort }
    port.postMessage({ sharedChannelLink: 'serving' })
    port.postMessage('served')
    port.postMessage({ sharedChannelLink: 'failed', text: { toString: null } })
    port.postMessage({ sharedChannelLink: 'failed', text: 'at last' })
    await expect(opening).rejects.toEqual(refusal('REMOTE_ERROR', 'at last'))
  })
})

it('an engine that refuses to post memory is told what to do', async () => {
  const [near, far] = ports()
  const opening = workerLink({
    addEventListener: near.addEventListener.bind(near),
    removeEventListener: near.removeEventListener.bind(near),
    start: () => near.start(),
    postMessage: (message: { sharedChannelLink: string }) => {
      // As browsers do in a page that is not cross-origin isolated.
      if (message.sharedChannelLink === 'open') throw new DOMException('not shared', 'DataCloneError')
      near.postMessage(message)
    },
  })
  await once(far, 'message')
  far.postMessage({ sharedChannelLink: 'serving' })
  await expect(opening).rejects.toEqual(
    refusal('NOT_SUPPORTED', 'same-origin', 'require-corp', '@shared-channel/browser/vite'),
  )
})
