import { afterEach, describe, expect, it } from 'vitest'
import { type Counterpart, checkFilled, checkOrder, checkReport, sumOfLines } from '../src/counterpart.ts'
import { PLUGIN_NAME, PluginCounterpart } from '../src/plugin-counterpart.ts'
import { pluginThreads } from '../src/process-status.ts'
import { WorkerCounterpart } from '../src/worker-counterpart.ts'

describe.each([
  { name: 'a plugin behind a channel', open: () => PluginCounterpart.open(1 << 16) },
  { name: 'a worker behind postMessage', open: () => WorkerCounterpart.open() },
])('$name', ({ open }) => {
  let counterpart: Counterpart | undefined

  afterEach(() => counterpart?.close())

  it('counts what is sent, again and again, also more than a ring holds', async () => {
    counterpart = await open()
    const payload = Uint8Array.from({ length: 1000 }, (_, i) => i)
    for (const messages of [1, 1000, 3]) expect(await counterpart.send(payload, messages)).toBeGreaterThan(0)
  })

  it('sends messages of the ordered size, numbered in the first byte', async () => {
    counterpart = await open()
    const sizes = new Set<number>()
    const numbers: number[] = []
    await counterpart.receive(100, 300, (message) => {
      sizes.add(message.length)
      numbers.push(message[0] as number)
    })
    expect([...sizes]).toEqual([100])
    expect(numbers).toEqual(Array.from({ length: 300 }, (_, i) => i & 0xff))
  })

  it('fills messages and counts them, again and again, also more than a ring holds', async () => {
    counterpart = await open()
    for (let i = 0; i < 2; i++) expect(await counterpart.fill(10_000, 300)).toBeGreaterThan(0)
  })

  it('makes JSON messages of the ordered text, numbered', async () => {
    counterpart = await open()
    const received: { index: number; message: string }[] = []
    expect(
      await counterpart.receiveJson('abc', 1000, ({ index, message }) => received.push({ index, message })),
    ).toBeGreaterThan(0)
    expect(received).toEqual(Array.from({ length: 1000 }, (_, index) => ({ index, message: 'abc' })))
  })

  it('answers requests, each with its own payload', async () => {
    const other = await open()
    counterpart = other
    const payloads = Array.from({ length: 100 }, (_, i) => Uint8Array.of(i, 7))
    const answers = await Promise.all(payloads.map((payload) => other.request(payload)))
    expect(answers.map(([first]) => first)).toEqual(payloads.map(([first]) => first))
  })

  it('echoes, and counts again afterwards', async () => {
    counterpart = await open()
    for (let i = 0; i < 10; i++) await counterpart.echo(new Uint8Array(16))
    await counterpart.send(new Uint8Array(64).fill(1), 5)
    await counterpart.echo(new Uint8Array(16))
  })
})

it('a plugin counts what is filled in place, also more than a ring holds', async () => {
  const plugin = await PluginCounterpart.open(1 << 16)
  for (let i = 0; i < 2; i++) expect(await plugin.fillInPlace(10_000, 300)).toBeGreaterThan(0)
  await plugin.close()
})

describe('a plugin that cannot do what is asked', () => {
  it('makes the measurement fail', async () => {
    const plugin = await PluginCounterpart.open(1 << 16)
    await expect(plugin.receive(0, 1, () => {})).rejects.toThrow('size above 0')
    await plugin.close()
  })
})

describe('the checks', () => {
  it('add up one byte of each cache line', () => {
    const bytes = new Uint8Array(129).fill(9)
    bytes[0] = 1
    bytes[64] = 2
    bytes[128] = 3
    expect(sumOfLines(bytes)).toBe(6)
  })

  it('notice a lost message and a changed byte', () => {
    const payload = new Uint8Array(64).fill(5)
    expect(() => checkReport(payload, 10, 10, 50)).not.toThrow()
    expect(() => checkReport(payload, 10, 9, 45)).toThrow('10 messages')
    expect(() => checkReport(payload, 10, 10, 51)).toThrow('sum 51')
  })

  it('notice a message that was filled with something else', () => {
    const sum = [0, 1, 2].reduce((total, byte) => total + byte * 2, 0)
    expect(() => checkFilled(128, 3, 3, sum)).not.toThrow()
    expect(() => checkFilled(128, 3, 3, sum + 1)).toThrow('the other side saw 3')
    expect(() => checkFilled(128, 3, 2, sum)).toThrow('the other side saw 2')
  })

  it('notice a message out of order and one of another size', () => {
    const message = new Uint8Array(64)
    message[0] = 3
    expect(() => checkOrder(message, 64, 256 + 3)).not.toThrow()
    expect(() => checkOrder(message, 64, 4)).toThrow('message 4')
    expect(() => checkOrder(message, 65, 3)).toThrow('65 were ordered')
  })
})

describe('the threads of a plugin', () => {
  it('are found by its name, one for each open channel, and switch when they sleep', async () => {
    const before = pluginThreads(PLUGIN_NAME).length
    const channels = [await PluginCounterpart.open(1 << 16), await PluginCounterpart.open(1 << 16)]
    expect(pluginThreads(PLUGIN_NAME)).toHaveLength(before + 2)
    expect(pluginThreads('no-such-plugin')).toEqual([])
    const switches = () => pluginThreads(PLUGIN_NAME).reduce((sum, thread) => sum + thread.voluntarySwitches, 0)
    const first = switches()
    for (let i = 0; i < 20; i++) {
      await channels[0]?.echo(new Uint8Array(16))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(switches()).toBeGreaterThan(first)
    await Promise.all(channels.map((channel) => channel.close()))
    expect(pluginThreads(PLUGIN_NAME)).toHaveLength(before)
  })
})
