// Ports of all hosts: the web's, those of worker_threads, and Electron's in its main and utility processes. Told apart by
// what they can do, since each host, and each realm of it, has classes of its own.

interface AnyPort {
  start?(): void
  close(): void
  /** Node's. */
  ref?(): void
  unref?(): void
}

interface EmitterPort extends AnyPort {
  postMessage(message: unknown): void
  on(name: string, handler: (value: unknown) => void): unknown
}

interface TargetPort extends AnyPort {
  postMessage(message: unknown): void
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  addEventListener(name: string, handler: (value: unknown) => void): void
}

/** A `MessagePort` of a page, a preload or `worker_threads`, or a `MessagePortMain`. */
export type Port = EmitterPort | TargetPort

/** Can memory be moved through it? What Electron's own ports get is lost when it was transferred to them. */
export const canTransfer = (port: Port): port is TargetPort => 'addEventListener' in port

/** What a port tells. */
export interface PortListener {
  message(data: unknown, ports: readonly unknown[]): void
  /** Something came that cannot be read. */
  unreadable?(): void
  /** The other end was closed, or its process has ended. Pages before Chromium 122 are not told. */
  closed(): void
}

/**
 * In older pages nothing comes of the event, but their renderer crashes when a document that listens to it is left (seen in
 * Chromium 108). In Node no version of Chromium is found.
 */
const mayHearClose = !(chromiumVersion() < 122)

function chromiumVersion(): number {
  const { navigator } = globalThis as { navigator?: { userAgent: string } }
  return Number(/ Chrome\/(\d+)/.exec(navigator?.userAgent ?? '')?.[1])
}

/** Hears what comes through the port from now on. It does not hold Node's event loop by that. */
export function listenTo(port: Port, listener: PortListener): void {
  const handlers = {
    message: (event: unknown) => {
      const { data, ports } = event as { data: unknown; ports?: readonly unknown[] }
      listener.message(data, ports ?? [])
    },
    messageerror: () => listener.unreadable?.(),
    ...(mayHearClose && { close: () => listener.closed() }),
  }
  for (const [name, handler] of Object.entries(handlers)) {
    if ('addEventListener' in port) port.addEventListener(name, handler)
    else port.on(name, handler)
  }
  port.start?.()
  port.unref?.()
}

/** A port for messages of one kind, all of them objects: whatever else comes is dropped. */
export interface Pipe<Message> {
  /** @param ports Of the same host, which go along. */
  post(message: unknown, ports?: readonly unknown[]): void
  /** Called once. */
  listen(received: (message: Message, ports: readonly unknown[]) => void, closed: () => void): void
  close(): void
}

export const pipeOf = <Message>(port: Port): Pipe<Message> => ({
  post: (message, ports = []) => (port as PostsPorts).postMessage(message, ports),
  listen: (received, closed) => {
    const message = (data: unknown, ports: readonly unknown[]) => {
      if (typeof data === 'object' && data !== null) received(data as Message, ports)
    }
    listenTo(port, { message, closed })
  },
  close: () => port.close(),
})

/** What all hosts can do, and each declares with its own class of ports. */
type PostsPorts = { postMessage(message: unknown, ports: readonly unknown[]): void }
