import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { type SharedBufferReceivedEvent, SharedBufferReceiver } from '../../src/shared-buffer-receiver.ts'
import { TableHost } from './table-host.ts'
import { until } from './wait.ts'

/** Both ends of a real port. */
export function ports(): readonly [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  return [port1, port2]
}

/** A receiver and what it has received. */
export function listening(target: object, host?: TableHost) {
  const receiver = new SharedBufferReceiver(target, host)
  const events: SharedBufferReceivedEvent[] = []
  receiver.addEventListener('sharedbufferreceived', (event) => events.push(event))
  onTestFinished(() => receiver.close())
  return {
    receiver,
    events,
    /** The next event that nobody has taken. */
    async next(): Promise<SharedBufferReceivedEvent> {
      await until(() => events.length > 0)
      return events.shift() as SharedBufferReceivedEvent
    },
  }
}

/** A poster's port, and a receiver at the other side of it. */
export function connected(host = new TableHost()) {
  const [near, far] = ports()
  return { host, near, far, ...listening(far, host) }
}

/** Fills a buffer with bytes that tell it from others. */
export function filled(host: TableHost, size: number, first = 1) {
  const buffer = host.create(size)
  for (let i = 0; i < size; i++) buffer.bytes[i] = first + i
  return buffer
}
