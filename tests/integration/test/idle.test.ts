import { setTimeout as sleep } from 'node:timers/promises'
import type { SharedChannel } from '@shared-channel/core'
import { expect, it } from 'vitest'
import { openChannel } from './helpers/channels.ts'
import { threadsNamed, voluntarySwitches } from './helpers/process.ts'
import { Data } from './helpers/protocols.ts'
import { until } from './helpers/wait.ts'

const CHANNELS = 16

it('idle channels wake nobody', async () => {
  const channels: SharedChannel<Data>[] = []
  for (let i = 0; i < CHANNELS; i++) channels.push(await openChannel('echo', Data))
  // Each has talked, one has been full, and all wait for more.
  for (const channel of channels) channel.on('data', () => {})
  for (let i = 0; i < 100; i++) for (const channel of channels) channel.send('data', new Uint8Array(i))
  for (let i = 0; i < 20; i++) channels[0]?.send('data', new Uint8Array(200_000))
  const answered = () => channels.every((channel) => channel.stats().receivedMessages === channel.stats().sentMessages)
  await until(() => answered() && channels[0]?.stats().queuedMessages === 0)

  const threads = threadsNamed(/^sc:echo$/)
  expect(threads).toHaveLength(CHANNELS)
  // A thread looks again for some microseconds before it sleeps.
  let before = -1
  await until(() => {
    const last = before
    before = voluntarySwitches(threads)
    return last === before
  })
  const wakeUps = channels.map((channel) => channel.stats().wakeUps)
  expect(before).toBeGreaterThan(CHANNELS)
  await sleep(1000)
  expect(voluntarySwitches(threads)).toBe(before)
  expect(channels.map((channel) => channel.stats().wakeUps)).toEqual(wakeUps)

  // They were asleep, not dead.
  for (const channel of channels) channel.send('data', new Uint8Array(1))
  await until(answered)
  expect(voluntarySwitches(threads)).toBeGreaterThan(before)
})
