// Checked data through a channel to the plugin of these tests: in any process, and in pages.
import type { TestChannel } from './protocol.ts'
import { Sequence } from './sequence.ts'
import type { Checked } from './task.ts'

const MEBIBYTE = 2 ** 20
const SEEDS = { there: 0x1234567, back: 0x89abcde }

/** What the plugin found in the data that was sent to it. */
export async function sendChecked(
  channel: TestChannel,
  mebibytes: number,
): Promise<{ sent: Checked; largest: number }> {
  const sequence = new Sequence(SEEDS.there)
  let largest = 0
  channel.send('begin', Uint32Array.of(SEEDS.there))
  for (let left = mebibytes * MEBIBYTE; left > 0; ) {
    const message = sequence.next()
    if (!channel.send('data', message)) await channel.ready
    left -= message.byteLength
    largest = Math.max(largest, message.byteLength)
  }
  const report = await new Promise<Uint8Array>((resolve) => {
    channel.on('report', resolve)
    channel.send('askReport', new Uint8Array())
  })
  const view = new DataView(report.buffer, report.byteOffset)
  const sent = {
    messages: view.getUint32(0, true),
    wrong: view.getUint32(4, true),
    bytes: Number(view.getBigUint64(8, true)),
  }
  return { sent, largest }
}

/** What was found here in the data that the plugin sent. */
export async function receiveChecked(channel: TestChannel, mebibytes: number): Promise<Checked> {
  const sequence = new Sequence(SEEDS.back)
  const received = { messages: 0, wrong: 0, bytes: 0 }
  channel.on('data', (message) => {
    const expected = sequence.next()
    if (!areEqual(message, expected)) received.wrong++
    received.messages++
    received.bytes += message.byteLength
  })
  await new Promise((resolve) => {
    channel.on('produced', resolve)
    channel.send('produce', Uint32Array.of(SEEDS.back, mebibytes))
  })
  return received
}

export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
