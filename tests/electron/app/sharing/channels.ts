// What each JavaScript process does with channels when the main process calls it.
import { Buffer } from 'node:buffer'
import { bytes, defineProtocol, json, type Link, SharedChannel } from '@shared-channel/core'
import { createChannel as createLink, type OpenChannelOptions, openChannel as openLink } from '@shared-channel/native'
import { Sequence } from '../sequence.ts'
import type { Checked } from '../task.ts'
import { setByte } from './buffers.ts'
import type { Ending, Talk, TalkResult } from './results.ts'
import { Table } from './table.ts'

/** As in tests/electron/native-member/channels.cpp. */
const protocol = defineProtocol({
  both: {
    data: { id: 1, codec: bytes() },
    double: { id: 2, codec: json<number>(), reply: json<number>() },
  },
})
const CAPACITY = 1 << 20
const REQUESTS = 100

interface OpenChannel {
  readonly channel: SharedChannel<typeof protocol>
  readonly ending: Promise<Ending>
  readonly errors: string[]
}
export const channels = new Table<OpenChannel>('channel')

export const channelActs = { createChannel, openChannel, talk, talkAndMark, ending, closeChannel, closeChannels }

/** @returns The handle of the other end. */
function createChannel(name: string): string {
  const { link, handle } = createLink({ capacity: CAPACITY })
  add(name, link)
  return handle
}

function openChannel(name: string, handle: string, options?: OpenChannelOptions): void {
  add(name, openLink(handle, options))
}

/** Checked data both ways at once, then requests both ways. */
async function talk(name: string, parameters: Talk): Promise<TalkResult> {
  const { channel, errors } = channels.get(name)
  const received = receive(name, parameters)
  channel.handle('double', (number) => 2 * number)
  await send(name, parameters)
  const checked = await received
  let answers = 0
  for (let number = 0; number < REQUESTS; number++) {
    if ((await channel.request('double', number)) === 2 * number) answers++
  }
  return { received: checked, answers, errors }
}

/** The same; a byte of a buffer tells the end, to whom no message can. */
async function talkAndMark(name: string, parameters: Talk, buffer: string, offset: number): Promise<TalkResult> {
  const result = await talk(name, parameters)
  setByte(buffer, offset, 1)
  return result
}

/** How the channel has ended, as soon as it has. */
function ending(name: string): Promise<Ending> {
  return channels.get(name).ending
}

async function closeChannel(name: string): Promise<void> {
  await channels.take(name).channel.close()
}

async function closeChannels(): Promise<void> {
  await Promise.all(channels.names.map(closeChannel))
}

function add(name: string, link: Link): void {
  const channel = new SharedChannel(link, protocol)
  const errors: string[] = []
  channel.onError((error) => errors.push(String(error)))
  const ending = channel.closed.then(({ reason }) => ({ code: reason?.code ?? '', at: Date.now() }))
  channels.set(name, { channel, ending, errors })
}

async function send(name: string, parameters: Talk): Promise<void> {
  const { channel } = channels.get(name)
  const sequence = new Sequence(parameters.send)
  for (let left = parameters.bytes; left > 0; ) {
    const message = sequence.next()
    if (!channel.send('data', message)) await channel.ready
    left -= message.byteLength
  }
}

function receive(name: string, parameters: Talk): Promise<Checked> {
  const sequence = new Sequence(parameters.receive)
  const received = { messages: 0, wrong: 0, bytes: 0 }
  return new Promise((resolve) => {
    channels.get(name).channel.on('data', (message) => {
      received.messages++
      if (Buffer.compare(message, sequence.next()) !== 0) received.wrong++
      received.bytes += message.byteLength
      if (received.bytes >= parameters.bytes) resolve(received)
    })
  })
}
