// The other side of posted buffers, as a process or as a worker: does what it is told by its first argument.
import { parentPort, workerData } from 'node:worker_threads'
import { postSharedBuffer, SharedBufferReceiver } from '../../src/index.ts'
import { copying } from '../helpers/table-host.ts'

const target = parentPort ?? process
const task: string = parentPort === null ? process.argv[2] : workerData

/** Tells the test something, beside the buffers. */
const tell = (what: unknown): void => {
  if (parentPort !== null) parentPort.postMessage(what)
  else process.send?.(what)
}

const receive = (take: (receiver: SharedBufferReceiver, bytes: Uint8Array, data: unknown) => void): void => {
  const receiver = new SharedBufferReceiver(target)
  receiver.addEventListener('sharedbufferreceived', (event) => take(receiver, event.bytes, event.additionalData))
}

const held: Uint8Array[] = []
const tasks: Record<string, () => void> = {
  /** Tells what it got, and releases it. */
  release: () =>
    receive((receiver, bytes, data) => {
      tell({ sum: bytes.reduce((sum, byte) => sum + byte, 0), data })
      receiver.releaseBuffer(bytes.buffer)
    }),
  /** Keeps what it got. */
  hold: () => receive((_, bytes) => held.push(bytes)),
  /** The same for as long as it takes to tell of it. */
  'hold and end': () =>
    receive((_, bytes) => {
      held.push(bytes)
      setImmediate(() => process.exit())
    }),
  /** Lives, and receives no buffers. */
  deaf: () => target.on('message', () => {}),
  /** Posts, and ends when nothing keeps it alive any more. */
  post: () => {
    const posted = postSharedBuffer(target, copying(new Uint8Array([1, 2, 3])), { additionalData: 'from there' })
    void posted.received.then(() => tell('received'))
    void posted.released.then((by) => tell(by))
  },
}
const run = tasks[task]
if (run === undefined) throw new Error(`There is no task "${task}".`)
run()
tell('ready')
