// What each JavaScript process does with posted buffers when the main process calls it.
import {
  type BufferAccess,
  type BufferKind,
  type PostedBuffer,
  postSharedBuffer,
  type SharedBufferReceivedEvent,
} from '@shared-channel/core'
import { SharedBufferReceiver } from '@shared-channel/native'
import { buffers } from './buffers.ts'
import { carrierNamed, takeCarrier } from './carriers.ts'
import { channels } from './channels.ts'
import type { Ending, Received } from './results.ts'
import { Table } from './table.ts'

interface Incoming {
  readonly receiver: SharedBufferReceiver
  readonly events: SharedBufferReceivedEvent[]
  /** Called when there is one more. */
  arrived: () => void
}

const posts = new Table<PostedBuffer>('post')
const incoming = new Table<Incoming>('receiver')

export const postingActs = { carryOverChannel, post, postAndClose, untilReleased, receiveOver, receive }

/** Buffers are posted over a channel, too. */
function carryOverChannel(name: string): void {
  takeCarrier(name, channels.get(name).channel)
}

/** From then on the post has the buffer's name. */
async function post(carrier: string, name: string, access: BufferAccess): Promise<void> {
  const target = await carrierNamed(carrier)
  const buffer = buffers.get(name)
  if (!('handle' in buffer)) throw new Error(`"${name}" was received; only its owner posts it`)
  posts.set(name, postSharedBuffer(target, buffer, { access, additionalData: { carrier, name } }))
}

/** Read-only, and nobody else has it any more when the receiver gets it. */
async function postAndClose(carrier: string, name: string): Promise<void> {
  await post(carrier, name, 'read-only')
  buffers.take(name).close()
}

/** When and how the receiver has it no more. */
async function untilReleased(name: string): Promise<Ending> {
  const code = await posts.get(name).released
  return { code, at: Date.now() }
}

/** From now on. */
async function receiveOver(carrier: string): Promise<void> {
  const receiver = new SharedBufferReceiver(await carrierNamed(carrier))
  const came: Incoming = { receiver, events: [], arrived: () => {} }
  incoming.set(carrier, came)
  receiver.addEventListener('sharedbufferreceived', (event) => {
    came.events.push(event)
    came.arrived()
  })
}

/** Takes the next buffer that comes; from then on it has this name. Closing it releases it. */
async function receive(carrier: string, name: string, kind: BufferKind = 'fixed'): Promise<Received> {
  const { receiver, event } = await nextEvent(incoming.get(carrier))
  buffers.set(name, {
    get bytes() {
      return event.bytes
    },
    close: () => receiver.releaseBuffer(event),
  })
  const buffer = event.getBuffer({ kind })
  return { type: Object.prototype.toString.call(buffer), bytes: event.bytes.length, data: event.additionalData }
}

async function nextEvent(
  came: Incoming,
): Promise<{ receiver: SharedBufferReceiver; event: SharedBufferReceivedEvent }> {
  const arrived = new Promise<void>((resolve) => {
    came.arrived = resolve
  })
  const event = came.events.shift()
  if (event !== undefined) return { receiver: came.receiver, event }
  await arrived
  return nextEvent(came)
}
