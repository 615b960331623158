// Checked data through one channel, first to the plugin, then from it.
import { Buffer } from 'node:buffer'
import { mappedAddon } from './own-process.ts'
import { openChannel, type TestChannel } from './plugin.ts'
import { Sequence } from './sequence.ts'
import type { Checked, StreamResult } from './task.ts'

const MEBIBYTES = 200
const SEEDS = { there: 0x1234567, back: 0x89abcde }

export async function stream(): Promise<StreamResult> {
  const started = performance.now()
  const channel = await openChannel()
  const errors: string[] = []
  channel.onError((error) => errors.push(String(error)))
  const { largest, sent } = await sendChecked(channel)
  const received = await receiveChecked(channel)
  const { reason } = await channel.close()
  if (reason !== undefined) errors.push(String(reason))
  return { addon: mappedAddon(), sent, received, largest, errors, seconds: (performance.now() - started) / 1000 }
}

async function sendChecked(channel: TestChannel): Promise<{ sent: Checked; largest: number }> {
  const sequence = new Sequence(SEEDS.there)
  let largest = 0
  channel.send('begin', Uint32Array.of(SEEDS.there))
  for (let left = MEBIBYTES * 2 ** 20; left > 0; ) {
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

async function receiveChecked(channel: TestChannel): Promise<Checked> {
  const sequence = new Sequence(SEEDS.back)
  const received = { messages: 0, wrong: 0, bytes: 0 }
  channel.on('data', (message) => {
    const expected = sequence.next()
    if (Buffer.compare(message, expected) !== 0) received.wrong++
    received.messages++
    received.bytes += message.byteLength
  })
  await new Promise((resolve) => {
    channel.on('produced', resolve)
    channel.send('produce', Uint32Array.of(SEEDS.back, MEBIBYTES))
  })
  return received
}
