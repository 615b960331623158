// The other end of a channel, for survivor.ts: it is killed at some moment, or writes over the whole of the memory. It has a
// channel for each handle it is given, or makes one and says its handle.
//   fault-peer load | idle | scribble <seed> [<handle> …]
import { once } from 'node:events'
import { flip, SharedChannel } from '@shared-channel/core'
import { createChannel, openChannel } from '@shared-channel/native'
import { Between, randomFrom, sendStream } from '../helpers/checked-stream.ts'
import { turn } from '../helpers/wait.ts'

const [what = '', seedText = '', ...handles] = process.argv.slice(2)
const seed = Number(seedText)
process.on('disconnect', () => process.exit())

const made = handles.length === 0 ? createChannel({ capacity: 4096 }) : undefined
const links = made === undefined ? handles.map((handle) => openChannel(handle)) : [made.link]
const ends = links.map((link) => {
  const { memory } = link
  const channel = new SharedChannel(link, made === undefined ? flip(Between) : Between, { closeTimeout: 10 })
  channel.onError(() => {})
  return { channel, memory }
})
process.send?.(made?.handle ?? 'open')
await once(process, 'message') // the other side has its end, too

for (const [i, { channel, memory }] of ends.entries()) {
  if (what === 'idle') continue
  channel.handle('double', (number) => 2 * number)
  channel.on('data', () => {})
  void load(channel, seed + 1).catch(() => {})
  if (what === 'scribble') void scribble(memory, seed + i)
}

async function load(channel: SharedChannel<Between>, seed: number): Promise<void> {
  void call(channel).catch(() => {})
  await sendStream(channel, seed, Infinity)
}

async function call(channel: SharedChannel<Between>): Promise<void> {
  for (let i = 0; ; i++) await channel.request('double', i)
}

/** Over the header, the words in it, the rings, or everything; more or less at once; until this process is killed. */
async function scribble(memory: ArrayBufferLike, seed: number): Promise<void> {
  const upTo = randomFrom(seed)
  const words = new Int32Array(memory)
  const header = 65536 / 4
  const atOnce = 1 + upTo(upTo(2) === 0 ? 4 : 4000)
  const areas: (() => number)[] = [
    () => upTo(words.length),
    () => 32 * upTo(48), // the words that change have lines of their own
    () => upTo(400),
    () => header + upTo(words.length - header),
  ]
  const area = areas[upTo(areas.length)] as () => number
  const values: (() => number)[] = [() => upTo(2 ** 32), () => 8 * upTo(2000), () => upTo(6), () => 0]
  for (;;) {
    for (let i = 0; i < atOnce; i++) words[area()] = values[upTo(values.length)]?.() ?? 0
    await turn()
  }
}
