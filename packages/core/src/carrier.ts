/**
 * What carries SharedBuffers to another side: whatever carries messages. `carrierOf` makes one interface of them all, once
 * for each target, so that everybody here shares one listener on it.
 */
import { ChannelCarrier } from './channel-carrier.ts'
import { invalidArgument, type SharedChannelError } from './errors.ts'
import { type ChannelInside, INSIDE } from './parts.ts'
import { isPort, isProcess, PortCarrier, ProcessCarrier } from './target-carrier.ts'

/** What goes over a carrier when a SharedBuffer is posted, and what comes back. */
export interface CarrierMessage {
  /** One of the four texts of docs/wire-format.md, "Posting buffers". */
  readonly sharedChannel: string
  /** The bytes themselves, where no memory is shared, or where it is handed to a worker. */
  readonly buffer?: ArrayBuffer
}

/** Who is told of what comes over a carrier. The functions must not throw. */
export interface CarrierListener {
  message(message: CarrierMessage): void
  /** Nothing comes any more, for this reason. */
  ended(reason: SharedChannelError): void
  /**
   * The other side is another one than before, as after the restart of a plugin: what the old one had is lost, and so is what
   * was on its way, unless it `mayStillCome`, since something waits on this side. Answers come in the order of the posts here.
   */
  replaced?(mayStillCome: boolean): void
}

/** Whatever carries messages to one other side and back, in order. */
export interface Carrier {
  /**
   * Sends a message.
   *
   * @param transfer Buffers of the message that may be moved instead of copied.
   * @throws SharedChannelError `CLOSED` when the carrier has ended, as far as it is known; `NOT_SUPPORTED` for a `buffer`
   *   where none can be carried.
   */
  post(message: CarrierMessage, transfer?: readonly ArrayBuffer[]): void
  /** Tells `listener` what comes in. Of a carrier that has ended it is told soon. Returns how to stop. */
  listen(listener: CarrierListener): () => void
  /**
   * Somebody waits for what comes in. A channel takes nothing from its ring before that; ports need no such word. Returns
   * how to take it back.
   */
  addConsumer?(): () => void
}

const carriers = new WeakMap<object, Carrier>()

/**
 * What carries messages to the other side of `target`, to post buffers over it and to receive them.
 *
 * While a post is open or a {@link SharedBufferReceiver} is, there is a listener on the target, which counts as one of your
 * own does: it starts a port and keeps Node's event loop alive, unless you `unref` the port or the process's channel. So add
 * your own listeners in the same turn of the event loop. Your messages pass untouched; your listeners see ours too, objects
 * with a text `sharedChannel`.
 *
 * The end of a web Worker, and in older browsers that of a MessagePort, is told by nobody: what is open there stays so.
 *
 * @param target A MessagePort or Worker of `worker_threads` or of the web, `parentPort`, a worker's `self`; a ChildProcess
 *   with an IPC channel, or `process` in a child; Electron's MessagePortMain, utility process or `process.parentPort`; a
 *   SharedChannel; or a {@link Carrier} of your own.
 * @returns Always the same one for a target.
 * @throws SharedChannelError `INVALID_ARGUMENT` for anything else.
 */
export function carrierOf(target: unknown): Carrier {
  if (typeof target !== 'object' || target === null) throw noCarrier(target)
  const known = carriers.get(target)
  if (known !== undefined) return known
  const carrier = adapt(target)
  carriers.set(target, carrier)
  return carrier
}

function adapt(target: object): Carrier {
  const { [INSIDE]: inside, post, listen } = target as Partial<Carrier> & { readonly [INSIDE]?: ChannelInside }
  if (inside !== undefined) return new ChannelCarrier(inside)
  if (typeof post === 'function' && typeof listen === 'function') return target as Carrier
  if (isPort(target)) return new PortCarrier(target)
  if (isProcess(target)) return new ProcessCarrier(target)
  throw noCarrier(target)
}

function noCarrier(target: unknown): SharedChannelError {
  const found = Object.prototype.toString.call(target)
  return invalidArgument(
    `${found} cannot carry SharedBuffers. Give a MessagePort, a Worker or its parentPort, a child process with an IPC channel ` +
      '(or process in it), a MessagePortMain, a utility process or its process.parentPort, or a SharedChannel.',
  )
}
