// Channels that are busy for ever: the page is reloaded, or the app ends, in the middle of it.
import type { TestChannel } from './protocol.ts'

type OpenChannel = () => Promise<TestChannel>

/** Half of them receive, half send. */
const FLOODED_CHANNELS = 4
/** Over ten reloads these are more than a renderer of Electron 22 has room for at once. */
const QUIET_CHANNELS = 6
const ENOUGH = 1000
const FOR_EVER = 2 ** 32 - 1
const MESSAGE = new Uint8Array(256)

/** Resolves when every busy channel has moved many messages; they go on. */
export async function flood(open: OpenChannel): Promise<void> {
  await Promise.all(Array.from({ length: QUIET_CHANNELS }, open))
  await Promise.all(
    Array.from({ length: FLOODED_CHANNELS }, async (_, index) => (index % 2 === 0 ? floodIn : floodOut)(await open())),
  )
}

async function floodIn(channel: TestChannel): Promise<void> {
  await new Promise<void>((resolve) => {
    let received = 0
    channel.on('filler', () => {
      if (++received === ENOUGH) resolve()
    })
    channel.send('fill', Uint32Array.of(FOR_EVER, MESSAGE.byteLength))
  })
}

async function floodOut(channel: TestChannel): Promise<void> {
  await new Promise<void>((resolve) => void sendForEver(channel, resolve))
}

async function sendForEver(channel: TestChannel, hasSentEnough: () => void): Promise<void> {
  for (let sent = 1; ; sent++) {
    if (!channel.send('filler', MESSAGE)) await channel.ready
    if (sent === ENOUGH) hasSentEnough()
    // The others want the thread too: a plugin that keeps up leaves the ring never full.
    if (sent % ENOUGH === 0) await new Promise((resolve) => setTimeout(resolve, 0))
  }
}
