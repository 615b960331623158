// One interface for whatever carries messages: real ports, workers, processes and channels.
import { EventEmitter } from 'node:events'
import { BroadcastChannel, MessageChannel, type MessagePort as NodePort } from 'node:worker_threads'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Carrier, type CarrierMessage, carrierOf } from '../src/carrier.ts'
import type { SharedChannelError } from '../src/errors.ts'
import { openPair } from './helpers/channel-pair.ts'
import { forkProgram, once, startWorker } from './helpers/programs.ts'
import { turns, until } from './helpers/wait.ts'

/** What a carrier tells. */
function listenTo(carrier: Carrier) {
  const messages: CarrierMessage[] = []
  const ends: SharedChannelError[] = []
  const stop = carrier.listen({ message: (message) => messages.push(message), ended: (reason) => ends.push(reason) })
  return { messages, ends, stop }
}

function ports(): [NodePort, NodePort] {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  return [port1, port2]
}

/** As Electron's MessagePortMain is: an emitter whose messages are events, with ports of its own to transfer only. */
class MainPort extends EventEmitter {
  readonly sent: unknown[] = []
  readonly start = vi.fn()
  postMessage(message: unknown, ports?: unknown[]): void {
    if (ports !== undefined) throw new TypeError('Invalid value for transfer')
    this.sent.push(message)
  }
}

describe('a port', () => {
  it('carries texts, and buffers by moving them, both ways', async () => {
    const [one, other] = ports()
    const [carrier, far] = [carrierOf(one), carrierOf(other)]
    const { messages } = listenTo(far)
    const { messages: back } = listenTo(carrier)
    const buffer = new Uint8Array([1, 2, 3]).buffer
    carrier.post({ sharedChannel: 'text' })
    carrier.post({ sharedChannel: 'with bytes', buffer }, [buffer])
    far.post({ sharedChannel: 'back' })
    await until(() => messages.length === 2 && back.length === 1)
    expect(buffer.byteLength).toBe(0)
    expect(messages[0]).toEqual({ sharedChannel: 'text' })
    expect(new Uint8Array(messages[1]?.buffer as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]))
    expect(back).toEqual([{ sharedChannel: 'back' }])
  })

  it('is listened to once, whoever asks, and let go of after the last', async () => {
    const [one, other] = ports()
    const count = () => one.listenerCount('message') + one.listenerCount('close')
    const before = count()
    const first = listenTo(carrierOf(one))
    const second = listenTo(carrierOf(one))
    expect(carrierOf(one)).toBe(carrierOf(one))
    expect(count()).toBe(before + 2)
    first.stop()
    first.stop()
    carrierOf(other).post({ sharedChannel: 'x' })
    await until(() => second.messages.length === 1)
    expect(first.messages).toEqual([])
    second.stop()
    expect(count()).toBe(before)
  })

  it("passes the user's own messages untouched, and ignores them", async () => {
    const [one, other] = ports()
    const { messages } = listenTo(carrierOf(other))
    const own: unknown[] = []
    other.on('message', (message) => own.push(message))
    const mine = [
      1,
      'post\n1\n',
      null,
      undefined,
      { sharedChannel: 5 },
      { data: 'x' },
      [],
      { buffer: new ArrayBuffer(1) },
    ]
    for (const message of mine) one.postMessage(message)
    carrierOf(one).post({ sharedChannel: 'ours' })
    await until(() => messages.length > 0)
    expect(own.slice(0, -1)).toEqual(mine)
    expect(messages).toEqual([{ sharedChannel: 'ours' }])
  })

  it('takes only an ArrayBuffer for bytes', async () => {
    const [one, other] = ports()
    const { messages } = listenTo(carrierOf(other))
    for (const buffer of [1, {}, new Uint8Array(1), new SharedArrayBuffer(1), null]) {
      one.postMessage({ sharedChannel: 'x', buffer })
    }
    await until(() => messages.length === 5)
    for (const message of messages) expect(message).toEqual({ sharedChannel: 'x' })
  })

  it('that is closed, here or there, has ended: listeners are told, old and new', async () => {
    for (const closing of [0, 1]) {
      const both = ports()
      const carrier = carrierOf(both[0])
      const { ends } = listenTo(carrier)
      both[closing]?.close()
      await until(() => ends.length === 1)
      const late = listenTo(carrier)
      expect(late.ends).toEqual([])
      await turns(1)
      expect([ends[0]?.code, late.ends[0]?.code]).toEqual(['CLOSED', 'CLOSED'])
      expect(() => carrier.post({ sharedChannel: 'x' })).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    }
  })

  it('of Electron is one too: its messages are events, and it moves nothing', () => {
    const port = new MainPort()
    const carrier = carrierOf(port)
    const { messages, ends } = listenTo(carrier)
    expect(port.start).toHaveBeenCalled()
    const buffer = new ArrayBuffer(4)
    carrier.post({ sharedChannel: 'x', buffer }, [buffer])
    expect(port.sent).toEqual([{ sharedChannel: 'x', buffer }])
    port.emit('message', { data: { sharedChannel: 'y' }, ports: [] })
    port.emit('message', { data: 'of the user', ports: [] })
    expect(messages).toEqual([{ sharedChannel: 'y' }])
    port.emit('close')
    port.emit('close')
    expect(ends.map(({ code }) => code)).toEqual(['CLOSED'])
    expect(port.eventNames()).toEqual([])
  })
})

describe('a worker', () => {
  it('carries both ways, and its end is told', async () => {
    const worker = await startWorker('buffer-peer', { workerData: 'deaf' })
    await once(worker, 'message')
    const carrier = carrierOf(worker)
    const { ends } = listenTo(carrier)
    carrier.post({ sharedChannel: 'x' })
    await worker.terminate()
    await until(() => ends.length === 1)
    expect(ends[0]?.code).toBe('PEER_LOST')
    expect(worker.eventNames()).not.toContain('message')
  })

  it('that ended before anybody listened has ended too', async () => {
    const worker = await startWorker('buffer-peer', { workerData: 'deaf' })
    await worker.terminate()
    const { ends } = listenTo(carrierOf(worker))
    await until(() => ends.length === 1)
    expect(() => carrierOf(worker).post({ sharedChannel: 'x' })).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })
})

describe('a process', () => {
  it.each(['SIGKILL', 'disconnect'])('carries, and its end is told: %s', async (how) => {
    const child = await forkProgram('buffer-peer', ['deaf'])
    await once(child, 'message')
    const carrier = carrierOf(child)
    const { ends } = listenTo(carrier)
    carrier.post({ sharedChannel: 'x' })
    if (how === 'disconnect') child.disconnect()
    else child.kill('SIGKILL')
    await until(() => ends.length === 1)
    expect(ends[0]?.code).toBe('PEER_LOST')
    expect(() => carrier.post({ sharedChannel: 'x' })).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    const late = listenTo(carrier)
    await turns(1)
    expect(late.ends).toHaveLength(1)
  })

  it('whose pipe breaks under a post raises no error event', async () => {
    const child = await forkProgram('buffer-peer', ['deaf'])
    await once(child, 'message')
    const errors = vi.fn()
    child.on('error', errors)
    const carrier = carrierOf(child)
    const { ends } = listenTo(carrier)
    child.kill('SIGKILL')
    while (ends.length === 0) {
      try {
        carrier.post({ sharedChannel: 'x'.repeat(100_000) })
      } catch {}
      await turns(1)
    }
    await turns()
    expect(errors).not.toHaveBeenCalled()
  })
})

describe('a channel', () => {
  it('carries texts in control records, in order with its messages', async () => {
    const { a, b } = openPair()
    const seen: unknown[] = []
    b.on('note', (note) => seen.push(note))
    const near = carrierOf(a)
    const stop = carrierOf(b).listen({ message: ({ sharedChannel }) => seen.push([sharedChannel]), ended: () => {} })
    for (let i = 0; i < 100; i++) {
      a.send('note', `note ${i}`)
      near.post({ sharedChannel: `text ${i} €` })
    }
    await until(() => seen.length === 200)
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => [`note ${i}`, [`text ${i} €`]]).flat())
    stop()
    near.post({ sharedChannel: 'nobody listens' })
    a.send('note', 'last')
    await until(() => seen.includes('last'))
    expect(seen).toHaveLength(201)
    expect(b.stats().unhandled).toBe(0)
  })

  it('queues what finds no room, however long', async () => {
    const { a, b } = openPair({ maxQueueBytes: 10_000 })
    const seen: string[] = []
    carrierOf(b).listen({ message: ({ sharedChannel }) => seen.push(sharedChannel), ended: () => {} })
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(3000))
    for (const text of texts) carrierOf(a).post({ sharedChannel: text })
    expect(a.stats().queuedMessages).toBeGreaterThan(10)
    const leave = carrierOf(b).addConsumer?.()
    await a.ready
    await until(() => seen.length === 20)
    expect(seen).toEqual(texts)
    leave?.()
  })

  it('is a consumer of its ring only when told so', async () => {
    const { a, b, linkB } = openPair()
    const carrier = carrierOf(b)
    const { messages } = listenTo(carrier)
    carrierOf(a).post({ sharedChannel: 'x' })
    await turns()
    expect([messages.length, linkB.holdsEventLoop]).toEqual([0, false])
    const leave = carrier.addConsumer?.()
    expect(linkB.holdsEventLoop).toBe(true)
    await until(() => messages.length === 1)
    leave?.()
    expect(linkB.holdsEventLoop).toBe(false)
  })

  it('carries no bytes, nor more text than a message may have, and nothing at its end', async () => {
    const { a, b } = openPair({ maxMessageBytes: 1000 })
    const carrier = carrierOf(a)
    const { ends } = listenTo(carrier)
    const post = (message: CarrierMessage) => () => carrier.post(message)
    expect(post({ sharedChannel: 'x', buffer: new ArrayBuffer(1) })).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED' }),
    )
    expect(post({ sharedChannel: 'x'.repeat(1001) })).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
    await Promise.all([a.close(), b.close()])
    await until(() => ends.length === 1)
    expect(ends[0]?.code).toBe('CLOSED')
    expect(post({ sharedChannel: 'x' })).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    const late = listenTo(carrier)
    await turns(1)
    expect(late.ends).toHaveLength(1)
  })

  it('goes on when a listener throws', async () => {
    const report = vi.fn()
    vi.stubGlobal('reportError', report)
    const { a, b } = openPair()
    carrierOf(b).listen({
      message: () => {
        throw new Error('mine')
      },
      ended: () => {},
    })
    const { messages } = listenTo(carrierOf(b))
    b.on('note', () => {})
    carrierOf(a).post({ sharedChannel: 'x' })
    await until(() => messages.length === 1)
    expect(report).toHaveBeenCalledWith(expect.objectContaining({ message: 'mine' }))
    expect(b.state).toBe('open')
  })
})

it('a carrier of your own is taken as it is', () => {
  const own: Carrier = { post: () => {}, listen: () => () => {} }
  expect(carrierOf(own)).toBe(own)
})

describe('what carries nothing to one other side is refused', () => {
  it.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a number', () => 5],
    ['a text', () => 'port'],
    ['a function', () => () => {}],
    ['an object', () => ({})],
    ['this process, which has no IPC channel', () => ({ on: process.on, send: undefined, connected: undefined })],
    ['a window', () => windowLike()],
    ["Electron's webContents", () => Object.assign(new EventEmitter(), { send() {}, postMessage() {} })],
    ['a web socket', () => Object.assign(new EventEmitter(), { send() {} })],
    ['a BroadcastChannel', () => new BroadcastChannel('x').unref()],
    ['an emitter', () => new EventEmitter()],
  ])('%s', (_, make) => {
    const target = make()
    expect(() => carrierOf(target)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('MessagePort') }),
    )
    if (target instanceof BroadcastChannel) target.close()
  })
})

function windowLike(): object {
  const window: Record<string, unknown> = { postMessage() {}, addEventListener() {} }
  window.window = window
  return window
}
