import { ringSize } from './checks.ts'
import { Deferred } from './deferred.ts'
import { invalidArgument, SharedChannelError } from './errors.ts'
import { segmentSize, writeLayout } from './layout.ts'
import type { Link } from './link.ts'
import { type Handshake, type LinkPort, listenTo, readHandshake } from './link-handshake.ts'
import { awaitLock, peerIsGone, portAgentLink } from './port-agent-link.ts'
import { isPort, type Port, subscribe } from './target-carrier.ts'
import { checkWait, limitWait, type WaitOptions } from './waiting.ts'

/** Which link to a worker, how large, and how long to wait for it. */
export interface WorkerLinkOptions extends WaitOptions {
  /** Which of the worker's {@link serveLink} is meant. Default `''`. */
  name?: string
  /**
   * Bytes of the ring to the worker, 4 KiB to 1 GiB, rounded up to a power of two. Default 1 MiB. Messages of up to half of it are
   * not cut and put together; twice that keeps both sides busy.
   */
  sendCapacity?: number
  /** Bytes of the ring from the worker. Default 1 MiB. */
  receiveCapacity?: number
}

const DEFAULT_CAPACITY = 1 << 20

/**
 * A link to a worker, which serves it with {@link serveLink}: for a channel between a page and its Web Worker, or between threads
 * of Node. Any number may be open over one worker. The memory is a SharedArrayBuffer, which a page has when it is cross-origin
 * isolated.
 *
 * `link.stop` and `link.close` end the link, not the worker. When the worker ends the channel closes with `PEER_LOST`. (An
 * uncaught error ends a thread of Node, but no Web Worker.)
 *
 * @param worker A Worker of the web or of `worker_threads`, or a MessagePort to one. Your messages on it pass untouched; your
 *   listeners see a few of ours, objects with a `sharedChannelLink`, until the link is open.
 * @param options Name, capacities in bytes, `timeout` in milliseconds, `signal`; see {@link WorkerLinkOptions}.
 * @returns When the worker serves it. If it never does, this waits for `timeout` or `signal`, and without them for ever. Rejects
 *   with `TIMEOUT` or the signal's reason; `PEER_LOST` when the worker ends or fails first; `REMOTE_ERROR` when its handler
 *   throws; `NOT_SUPPORTED` in a page that is not cross-origin isolated; `OUT_OF_MEMORY`; `INVALID_ARGUMENT`.
 * @example
 * const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
 * const channel = new SharedChannel(await workerLink(worker, { timeout: 5000 }), Work)
 */
export async function workerLink(worker: object, options: WorkerLinkOptions = {}): Promise<Link> {
  const { name = '', sendCapacity = DEFAULT_CAPACITY, receiveCapacity = DEFAULT_CAPACITY } = options
  if (typeof worker !== 'object' || worker === null || !isPort(worker)) {
    throw invalidArgument('workerLink takes a Worker, or a MessagePort to one.')
  }
  if (typeof name !== 'string') throw invalidArgument(`The name of a link is a text; this is a ${typeof name}.`)
  checkWait(options)
  if (worker.threadId === -1) throw new SharedChannelError('PEER_LOST', 'The worker has ended.')
  const memory = allocate(ringSize('sendCapacity', sendCapacity), ringSize('receiveCapacity', receiveCapacity))
  return connect(worker, name, memory, options)
}

function connect(worker: Port, name: string, memory: SharedArrayBuffer, options: WaitOptions): Promise<Link> {
  const { port1, port2 } = new MessageChannel() as { port1: LinkPort; port2: LinkPort }
  const lock = `shared-channel-link-${Math.random()}-${Date.now()}`
  let stopWatching = () => {}
  const link = portAgentLink(memory, 0, port1, () => stopWatching())
  const opening = new Deferred<Link>()
  const failed = (error: unknown) => {
    opening.reject(error)
    void link.close()
  }

  let isAsking = true
  const stopListening = listenTo(worker, {
    message: (message) => {
      if (!isAsking || message.sharedChannelLink !== 'serving' || (message.name ?? name) !== name) return
      isAsking = false
      try {
        const open: Handshake = { sharedChannelLink: 'open', name, memory, port: port2, lock }
        worker.postMessage(open, [port2])
      } catch (cause) {
        failed(notSupported(cause))
      }
    },
    ended: (text) => failed(new SharedChannelError('PEER_LOST', `${text} It did not serve the link.`)),
  })
  const stopHearing = subscribe(port1, {
    message: (value) => {
      const answer = readHandshake(value)
      if (answer?.sharedChannelLink === 'failed') {
        failed(new SharedChannelError('REMOTE_ERROR', `The worker did not serve the link "${name}": ${answer.text}`))
      } else if (answer?.sharedChannelLink === 'served') {
        stopWatching = awaitLock(port1, lock, () => peerIsGone(link))
        opening.resolve(link)
      }
    },
    close: () => failed(new SharedChannelError('PEER_LOST', 'The worker has ended, or serves nothing any more.')),
  })
  link.ref()
  opening.settled(() => {
    stopListening()
    stopHearing()
    link.unref()
  })
  limitWait(opening, options, `The worker did not serve the link "${name}"`, () => link.close())
  worker.postMessage({ sharedChannelLink: 'ask', name } satisfies Handshake)
  return opening.promise
}

/**
 * A plain SharedArrayBuffer: growable ones, and those of a WebAssembly.Memory, were no faster here, in Node 20 and Chromium 156
 * (0.19 us a message of 64 bytes with each), and a memory takes gigabytes of address space.
 */
function allocate(sendCapacity: number, receiveCapacity: number): SharedArrayBuffer {
  if (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false) throw notSupported()
  const size = segmentSize(sendCapacity, receiveCapacity)
  try {
    const memory = new SharedArrayBuffer(size)
    writeLayout(memory, sendCapacity, receiveCapacity)
    return memory
  } catch (cause) {
    throw new SharedChannelError('OUT_OF_MEMORY', `There is no memory for ${size} bytes. Use smaller rings.`, { cause })
  }
}

const notSupported = (cause?: unknown) =>
  new SharedChannelError(
    'NOT_SUPPORTED',
    'Memory can be shared with a worker only in a page that is cross-origin isolated. Serve it with the headers ' +
      'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp; with Vite the plugin of ' +
      '@shared-channel/browser/vite does that.',
    { cause },
  )
