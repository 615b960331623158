// Carriers over what JavaScript's hosts have: ports and workers, and processes with an IPC channel. Told apart by what they
// can do, since each host, and each realm of it, has classes of its own.
import type { Carrier, CarrierListener, CarrierMessage } from './carrier.ts'
import { SharedChannelError } from './errors.ts'

type Handler = (value?: unknown) => void

/** What Node and Electron's main process tell with. */
interface Emitter {
  on(name: string, handler: Handler): unknown
  off(name: string, handler: Handler): unknown
}

/** What the web tells with; ports of `worker_threads` too. */
interface Target {
  addEventListener(name: string, handler: Handler): void
  removeEventListener(name: string, handler: Handler): void
}

export type Port = (Emitter | Target) & {
  postMessage(message: unknown, transfer?: readonly object[]): void
  start?(): void
  /** Of a Worker of `worker_threads`; -1 when it has ended. */
  readonly threadId?: number
}

export type Process = Emitter & {
  send(message: unknown, sent: () => void): boolean
  readonly connected: boolean
}

/** Whether `target` is a port or a worker, of whichever host. */
export function isPort(target: object): target is Port {
  const { postMessage, send, addEventListener, on, window } = target as Record<string, unknown>
  // A window sends to whoever is in it, Electron's webContents and ipcRenderer to a name, a BroadcastChannel to many.
  if (window === target || typeof send === 'function' || isBroadcast(target)) return false
  return typeof postMessage === 'function' && (typeof addEventListener === 'function' || typeof on === 'function')
}

/** Whether `target` is a process with an IPC channel: a ChildProcess, or `process` in a child. */
export function isProcess(target: object): target is Process {
  const { send, on, connected } = target as Record<string, unknown>
  return typeof send === 'function' && typeof on === 'function' && typeof connected === 'boolean'
}

/** Whether buffers can be moved through it. Electron's own ports of main and utility processes copy. */
export const canTransfer = (target: object): boolean =>
  isPort(target) && ('addEventListener' in target || 'threadId' in target)

/** Attached to its target while somebody listens. */
abstract class TargetCarrier implements Carrier {
  readonly #listeners = new Set<CarrierListener>()
  #detach: (() => void) | undefined
  #reason: SharedChannelError | undefined

  abstract post(message: CarrierMessage, transfer?: readonly ArrayBuffer[]): void
  /** Why nothing comes from the target any more, as far as it can be seen. */
  protected abstract findEnd(): SharedChannelError | undefined
  protected abstract attach(): () => void

  listen({ message, ended }: CarrierListener): () => void {
    const own: CarrierListener = { message, ended }
    this.#listeners.add(own)
    const reason = this.ended
    if (reason === undefined) this.#detach ??= this.attach()
    else queueMicrotask(() => this.#listeners.has(own) && ended(reason))
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size === 0) this.#leave()
    }
  }

  /** Why nothing comes any more. */
  protected get ended(): SharedChannelError | undefined {
    this.#reason ??= this.findEnd()
    return this.#reason
  }

  protected received(value: unknown): void {
    const message = messageIn(value)
    // Whoever joins meanwhile is not told of this one.
    if (message !== undefined) for (const listener of [...this.#listeners]) listener.message(message)
  }

  protected end(reason: SharedChannelError): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#leave()
    for (const listener of [...this.#listeners]) listener.ended(reason)
  }

  #leave(): void {
    this.#detach?.()
    this.#detach = undefined
  }
}

export class PortCarrier extends TargetCarrier {
  readonly #port: Port

  constructor(port: Port) {
    super()
    this.#port = port
  }

  post(message: CarrierMessage, transfer: readonly ArrayBuffer[] = []): void {
    if (this.ended !== undefined) throw closed(this.ended)
    if (canTransfer(this.#port)) this.#port.postMessage(message, transfer)
    else this.#port.postMessage(message)
  }

  protected override attach(): () => void {
    const port = this.#port
    const lost = () => this.end(workerEnded())
    const stop = subscribe(port, {
      message: (value) => this.received(value),
      close: () => this.end(portClosed()),
      exit: lost,
    })
    port.start?.()
    return stop
  }

  protected override findEnd(): SharedChannelError | undefined {
    return this.#port.threadId === -1 ? workerEnded() : undefined
  }
}

export class ProcessCarrier extends TargetCarrier {
  readonly #process: Process

  constructor(process: Process) {
    super()
    this.#process = process
  }

  post(message: CarrierMessage): void {
    if (this.ended !== undefined) throw closed(this.ended)
    // Without a callback a broken pipe would be an 'error' event of the user's object; 'disconnect' tells of it anyway.
    this.#process.send(message, () => {})
  }

  protected override attach(): () => void {
    // Not 'exit', which may come before the last messages.
    return subscribe(this.#process, {
      message: (value) => this.received(value),
      disconnect: () => this.end(disconnected()),
    })
  }

  protected override findEnd(): SharedChannelError | undefined {
    return this.#process.connected ? undefined : disconnected()
  }
}

/** Adds the handlers; returns how to take them away. */
export function subscribe(target: Emitter | Target, handlers: Readonly<Record<string, Handler>>): () => void {
  const isTarget = 'addEventListener' in target
  for (const [name, handler] of Object.entries(handlers)) {
    if (isTarget) target.addEventListener(name, handler)
    else target.on(name, handler)
  }
  return () => {
    for (const [name, handler] of Object.entries(handlers)) {
      if (isTarget) target.removeEventListener(name, handler)
      else target.off(name, handler)
    }
  }
}

/** Our message, wherever this host puts it; undefined for one of the user's own. */
function messageIn(value: unknown): CarrierMessage | undefined {
  for (const found of [value, propertyOf(value, 'data')]) {
    const sharedChannel = propertyOf(found, 'sharedChannel')
    if (typeof sharedChannel !== 'string') continue
    const buffer = propertyOf(found, 'buffer')
    return isArrayBuffer(buffer) ? { sharedChannel, buffer } : { sharedChannel }
  }
  return undefined
}

const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

/** By name, since a buffer may come from another realm; what was cloned cannot lie about it. */
const isArrayBuffer = (value: unknown): value is ArrayBuffer =>
  Object.prototype.toString.call(value) === '[object ArrayBuffer]'

const isBroadcast = (target: object): boolean =>
  typeof BroadcastChannel === 'function' && target instanceof BroadcastChannel

const portClosed = () =>
  new SharedChannelError('CLOSED', 'The port was closed, by one of its sides or with one of them.')
const workerEnded = () => new SharedChannelError('PEER_LOST', 'The worker or utility process has ended.')
const disconnected = () =>
  new SharedChannelError('PEER_LOST', 'The IPC channel to the other process is closed: it disconnected, or has ended.')
const closed = (cause: SharedChannelError) =>
  new SharedChannelError('CLOSED', `Nothing can be posted there any more: ${cause.message}`, { cause })
