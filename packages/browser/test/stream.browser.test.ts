import { cpuTimeOfPage } from '@shared-channel/run-chromium/page'
import { expect, it } from 'vitest'
import { Checksum, pattern } from './helpers/checksum.ts'
import { openTester } from './helpers/tester.ts'

const MESSAGES = 1600
const SIZE = 65_536 // 100 MiB in all

it('sends 100 MB to a plugin that gets each byte in its place', async () => {
  const { channel, ask } = await openTester({ sendCapacity: 1 << 20 })
  const sent = new Checksum()
  for (let i = 0; i < MESSAGES; i += 1) {
    const message = pattern(SIZE, i)
    sent.add(message)
    if (!channel.send('take', message)) await channel.ready
  }
  expect(await channel.request('taken', '')).toBe(sent.text)
  expect(await ask('exceptions')).toBe('caught 42')
})

it('gets 100 MB from a plugin that writes them in place', async () => {
  const { channel } = await openTester({ receiveCapacity: 1 << 20 })
  const received = new Checksum()
  channel.on('data', (data) => received.add(data))
  expect(await channel.request('produce', `${MESSAGES} ${SIZE}`)).toBe(received.text)
  expect(received.text.startsWith(`${MESSAGES * SIZE} `)).toBe(true)
})

it('streams both ways at once', async () => {
  const { channel } = await openTester({ sendCapacity: 65_536, receiveCapacity: 65_536 })
  const [sent, received] = [new Checksum(), new Checksum()]
  const echoed = new Promise<void>((resolve) => {
    channel.on('echo', (data) => {
      received.add(data)
      if (received.text.startsWith(`${400 * 20_000} `)) resolve()
    })
  })
  for (let i = 0; i < 400; i += 1) {
    const message = pattern(20_000, i)
    sent.add(message)
    if (!channel.send('echo', message)) await channel.ready
  }
  await echoed
  expect(received.text).toBe(sent.text)
})

it('costs nothing while it is idle', async () => {
  const channels = await Promise.all(Array.from({ length: 10 }, () => openTester()))
  await Promise.all(channels.map(({ ask }) => ask('exceptions')))
  const idle = 1000
  const before = await cpuTimeOfPage()
  await new Promise((resolve) => setTimeout(resolve, idle))
  const spent = (await cpuTimeOfPage()) - before
  // One worker that polls, or one page that does, would take nearly all of it.
  expect(spent).toBeLessThan(idle / 4)
})
