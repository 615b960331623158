// What two ends of a link say to each other in tests: each sends checked data and checks what the other one sends.
import { bytes, defineProtocol, type Link, SharedChannel } from '@shared-channel/core'
import { areEqual } from '../../app/checked-data.ts'
import { Sequence } from '../../app/sequence.ts'
import type { Checked } from '../../app/task.ts'

const SEEDS = { 0: 0x2468ace, 1: 0x13579bd } as Readonly<Record<number, number>>

const protocol = defineProtocol({
  both: {
    data: { id: 1, codec: bytes() },
    over: { id: 2, codec: bytes() },
    invert: { id: 3, codec: bytes(), reply: bytes() },
  },
})

export type Conversation = SharedChannel<typeof protocol>

export function converseOver(link: Link): Conversation {
  return new SharedChannel(link, protocol)
}

/**
 * Both sides call it at the same time.
 *
 * @param side 0 or 1, which the other side is not.
 * @returns What came from the other side, when all of it is here and all of ours is sent.
 */
export async function exchange(channel: Conversation, side: number, mebibytes: number): Promise<Checked> {
  const received = receive(channel, SEEDS[1 - side] as number)
  const sequence = new Sequence(SEEDS[side] as number)
  for (let left = mebibytes * 2 ** 20; left > 0; ) {
    const message = sequence.next()
    if (!channel.send('data', message)) await channel.ready
    left -= message.byteLength
  }
  channel.send('over', new Uint8Array())
  await channel.flush()
  return received
}

/** Answers what the other side asks. It makes this side take messages: what is exchanged is so before. */
export function answer(channel: Conversation): void {
  channel.handle('invert', (data) => data.map((byte) => ~byte))
}

/** Asks the other side for one thing. @returns Whether the answer was right. */
export async function ask(channel: Conversation, sequence: Sequence): Promise<boolean> {
  const data = sequence.next().slice()
  const answer = await channel.request('invert', data)
  return areEqual(
    answer,
    data.map((byte) => ~byte),
  )
}

function receive(channel: Conversation, seed: number): Promise<Checked> {
  const sequence = new Sequence(seed)
  const received = { messages: 0, wrong: 0, bytes: 0 }
  return new Promise((resolve, reject) => {
    const stops = [
      channel.on('data', (message) => {
        if (!areEqual(message, sequence.next())) received.wrong++
        received.messages++
        received.bytes += message.byteLength
      }),
      channel.on('over', () => {
        for (const stop of stops) stop()
        resolve(received)
      }),
    ]
    channel.closed.then(({ reason }) => reject(reason ?? new Error('closed while data was coming')))
  })
}
