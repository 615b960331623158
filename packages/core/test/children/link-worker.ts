// The other side of worker links: a thread of Node.
import { parentPort, workerData } from 'node:worker_threads'
import { flip, type Link, SharedChannel, serveLink } from '../../src/index.ts'
import { checksum, part, Work } from '../helpers/work.ts'

/** Messages of the test's own, beside the links. */
const tell = (what: unknown) => parentPort?.postMessage(what)

function work(link: Link, { name }: { readonly name: string }): void {
  const channel = new SharedChannel(link, flip(Work))
  let sum = 0
  let parts = 0
  let wanted = Number.POSITIVE_INFINITY
  let whenAllCame = () => {}
  channel.on('data', (data) => {
    if (wanted === Number.POSITIVE_INFINITY) return void channel.send('data', data) // an echo
    sum = checksum(data, sum)
    if (++parts >= wanted) whenAllCame()
  })
  channel.handle('double', (value) => 2 * value)
  channel.handle('exchange', async ({ parts: count, size }) => {
    wanted = count
    const allCame = new Promise<void>((resolve) => {
      whenAllCame = resolve
    })
    for (let i = 0; i < count; i++) if (!channel.send('data', part(size, i))) await channel.ready
    await allCame
    return sum
  })
  const orders: Record<string, () => void> = {
    exit: () => process.exit(3),
    throw: () => setImmediate(() => thrown()),
    close: () => void channel.close(),
    hang: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
    'your name': () => channel.send('told', name),
    /** Sends and ends without another turn: nothing is said but what is in the ring. */
    'last words': () => {
      channel.send('told', 'farewell')
      process.exit()
    },
  }
  channel.on('order', (order) => orders[order]?.())
  void channel.closed.then(({ reason }) => tell(`closed: ${reason?.code ?? 'in order'}`))
}

const thrown = () => {
  throw new Error('thrown by the worker')
}

const starts: Record<string, () => void> = {
  serve: () => {
    serveLink(work)
    parentPort?.on('message', (message) => 'echo' in message && tell(message.echo))
    serveLink(thrown, { name: 'throws' })
    serveLink(() => Promise.reject(new Error('rejected later')), { name: 'rejects' })
  },
  /** Also what was asked before is lost: this takes it. */
  'serve when told': () =>
    parentPort?.on('message', (message) => {
      if (typeof message === 'string') serveLink(work, { name: message })
    }),
  'serve one': () => {
    const stop = serveLink((link, info) => {
      stop()
      work(link, info)
    })
  },
  /** Has a channel without a consumer, and nothing else to do. */
  'have one': () => {
    const stop = serveLink((link) => {
      stop()
      new SharedChannel(link, flip(Work))
    })
  },
  nothing: () => parentPort?.on('message', () => {}),
  'not even start': thrown,
}
starts[(workerData as string) ?? 'serve']?.()
tell('ready')
