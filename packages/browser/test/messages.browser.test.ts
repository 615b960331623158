import { bytes, defineProtocol, SharedChannel } from '@shared-channel/core'
import { expect, it, vi } from 'vitest'
import { openWasmPlugin } from '../src/index.ts'
import { pattern } from './helpers/checksum.ts'
import { openTester } from './helpers/tester.ts'

it('talks to a plugin in a worker', async () => {
  const Echo = defineProtocol({ both: { data: { id: 1, codec: bytes() } } })
  const plugin = await openWasmPlugin('/build/wasm/echo.wasm')
  expect(plugin.info).toEqual({ name: 'echo', version: '1.2.3', abi: '1.0' })
  expect(plugin.capabilities()).toMatchObject({ zeroCopy: true, memory: 'shared', nativeInProcess: false })
  const channel = new SharedChannel(plugin, Echo)
  const received = new Promise<number[]>((resolve) => channel.on('data', (data) => resolve([...data])))
  channel.send('data', Uint8Array.of(1, 2, 3))
  expect(await received).toEqual([1, 2, 3])
  await channel.close()
  expect((await channel.closed).reason).toBeUndefined()
})

it('cuts messages that are larger than the rings, and puts them together', async () => {
  const { channel } = await openTester({ sendCapacity: 4096, receiveCapacity: 4096 })
  const message = pattern(1 << 20, 7)
  const answer = await channel.request('ask', message)
  expect(answer.byteLength).toBe(message.byteLength)
  expect(answer.every((byte, index) => byte === message[index])).toBe(true)
})

it('carries empty messages and answers many calls in order', async () => {
  const { channel } = await openTester()
  const sizes = Array.from({ length: 100 }, (_, i) => i)
  const answers = await Promise.all(sizes.map((size) => channel.request('ask', new Uint8Array(size))))
  expect(answers.map((answer) => answer.byteLength)).toEqual(sizes)
})

it.each([
  ['libraries', '1.414 51 2'],
  ['time', 'it passes'],
  ['random', 'differs'],
  ['environment', 'empty'],
  ['exceptions', 'caught 42'],
  ['stack', '1'],
  ['memory', '1'],
])('has the C++ library: %s', async (order, answer) => {
  const { ask } = await openTester()
  expect(await ask(order)).toBe(answer)
})

it('hands the options over as JSON', async () => {
  const { ask } = await openTester({ options: { rate: [1, 'ü'] } })
  expect(await ask('options')).toBe('{"rate":[1,"ü"]}')
})

it('has no options unless they are given, and no updates', async () => {
  const { ask } = await openTester()
  expect(await ask('options')).toBe('null')
  expect(await ask('time')).toBe('it passes') // 20 ms at least
  expect(await ask('updates')).toBe('0')
})

it('calls update at its interval', async () => {
  const { ask } = await openTester({ updateInterval: 5 })
  await vi.waitFor(async () => expect(Number(await ask('updates'))).toBeGreaterThan(10), { timeout: 30_000 })
})

it('answers a call with what the plugin throws, and goes on', async () => {
  const { ask, errors } = await openTester()
  await expect(ask('throw')).rejects.toMatchObject({
    code: 'REMOTE_ERROR',
    message: expect.stringContaining('thrown on purpose'),
  })
  await expect(ask('throw something')).rejects.toMatchObject({ code: 'REMOTE_ERROR' })
  expect(await ask('exceptions')).toBe('caught 42')
  expect(errors).toEqual([])
})

it('tells of what the plugin throws elsewhere, and of what it reports', async () => {
  const { channel, ask, errors } = await openTester()
  channel.send('order', 'throw')
  channel.send('order', 'report')
  expect(await ask('exceptions')).toBe('caught 42')
  await vi.waitFor(() => expect(errors).toHaveLength(2))
  expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
    'PLUGIN_ERROR The plugin "tester": thrown on purpose',
    'PLUGIN_ERROR The plugin "tester": reported',
  ])
})

it('hands on what the plugin logs and prints', async () => {
  const { ask, channel, lines } = await openTester()
  await ask('log')
  await channel.close()
  expect(lines).toEqual(['debug fine', 'warn hm … ü', 'info printed 1', 'error complained', 'info shut down'])
})

it('drops lines that a busy page cannot take, and counts them', async () => {
  const { plugin, ask, lines } = await openTester()
  const words = new Int32Array(plugin.memory)
  const tail = () => Atomics.load(words, TAIL_OF_PLUGIN / 4)
  const before = tail()
  const answer = ask('log a lot')
  while (tail() === before); // nothing else runs here until the plugin has answered
  await answer
  await vi.waitFor(() => expect(lines).toHaveLength(1024))
  await ask('log')
  await vi.waitFor(() => expect(lines.at(-1)).toBe('error complained'))
  const dropped = lines.find((line) => line.includes('were dropped'))
  expect(dropped).toMatch(/^warn \d+ lines and errors of the plugin were dropped/)
  expect(lines.length - 1 + Number(dropped?.match(/\d+/)?.[0])).toBe(5000 + 4)
})

/** docs/wire-format.md */
const TAIL_OF_PLUGIN = 1152
