import { SharedChannel } from '@shared-channel/core'
import { waitForWorkers } from '@shared-channel/run-chromium/page'
import { describe, expect, it } from 'vitest'
import { openWasmPlugin } from '../src/index.ts'
import { openTester } from './helpers/tester.ts'
import { TESTER, Tester } from './helpers/tester-protocol.ts'

describe('a plugin that', () => {
  it.each([
    ['traps', 'trap', 'WebAssembly trap: unreachable'],
    ['aborts', 'abort', 'WebAssembly trap: unreachable'],
    ['fails within the library', 'stoi', 'WebAssembly trap: unreachable'],
    ['exits', 'exit', 'the plugin called exit(3)'],
    ['lets an exception out of noexcept', 'terminate', 'nobody catches an exception: it left a function without'],
  ])('%s closes the channel with PLUGIN_ERROR', async (_, order, message) => {
    const { channel, ask } = await openTester()
    await expect(ask(order)).rejects.toMatchObject({ code: 'PLUGIN_ERROR' })
    const { reason } = await channel.closed
    expect(reason).toMatchObject({ code: 'PLUGIN_ERROR', message: expect.stringContaining(message) })
    if (order === 'trap')
      expect(reason?.cause).toMatchObject({ cause: { stack: expect.stringContaining('divide_by_nothing') } })
    expect((await openTester()).plugin.info.name).toBe('tester') // others go on
  })

  it('never returns is ended after shutdownTimeout, with an error that says so', async () => {
    const { channel, errors } = await openTester({ shutdownTimeout: 100 })
    channel.send('order', 'loop')
    await channel.close()
    expect(errors).toMatchObject([
      {
        code: 'PLUGIN_ERROR',
        message: expect.stringContaining('did not return within 100 ms after it was told to stop'),
      },
    ])
  })

  it('looks at stopping() returns in time', async () => {
    const { channel, errors, lines } = await openTester({ shutdownTimeout: 30_000 })
    channel.send('order', 'loop until stopping')
    await channel.close()
    expect(errors).toEqual([])
    expect(lines).toEqual(['info shut down'])
  })

  it('waits for room is woken when the channel closes', async () => {
    const { channel, errors, lines } = await openTester({ receiveCapacity: 4096, shutdownTimeout: 30_000 })
    const produced = channel.request('produce', '1000000 1024').catch((error) => error.code)
    await channel.close()
    expect(await produced).toBe('CLOSED')
    expect(errors).toEqual([])
    expect(lines).toEqual(['info shut down'])
  })

  it('cannot be initialized rejects with its reason', async () => {
    await expect(openWasmPlugin(TESTER, { options: 'fail' })).rejects.toMatchObject({
      code: 'PLUGIN_INIT_FAILED',
      message: 'tester could not be initialized: there is no camera',
    })
  })

  it('traps in initialize rejects', async () => {
    await expect(openWasmPlugin(TESTER, { options: 'trap' })).rejects.toMatchObject({
      code: 'PLUGIN_INIT_FAILED',
      message: 'WebAssembly trap: unreachable',
    })
  })
})

it('answers everything that was sent before the channel closes', async () => {
  const { channel } = await openTester()
  const answers = Promise.all(Array.from({ length: 100 }, (_, i) => channel.request('ask', Uint8Array.of(i))))
  const [received] = await Promise.all([answers, channel.close()])
  expect(received.map(([byte]) => byte)).toEqual(Array.from({ length: 100 }, (_, i) => i))
})

it('gives up opening when the signal says so', async () => {
  const controller = new AbortController()
  const opening = openWasmPlugin(TESTER, { options: 'loop', shutdownTimeout: 10, signal: controller.signal })
  setTimeout(() => controller.abort(new Error('enough')), 100)
  await expect(opening).rejects.toThrow('enough')
  const aborted = AbortSignal.abort(new Error('before'))
  await expect(openWasmPlugin(TESTER, { signal: aborted })).rejects.toThrow('before')
})

it('closes with CORRUPT when the page writes garbage over the whole segment, and the page lives', async () => {
  const { plugin, channel } = await openTester()
  new Uint8Array(plugin.memory, 0, 65_536 + 2 * 524_288).fill(0xa5)
  plugin.wakePeer()
  expect((await channel.closed).reason?.code).toBe('CORRUPT')
  expect(await (await openTester()).ask('exceptions')).toBe('caught 42')
})

it('is a link for one channel, and says so', async () => {
  const { plugin, channel } = await openTester()
  expect(() => new SharedChannel(plugin, Tester)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  await channel.close()
  expect(() => plugin.memory).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  await plugin.close()
})

it('lets go of workers and memory: many more are opened and closed than a page can have at once', async () => {
  await waitForWorkers(0)
  for (let i = 0; i < 200; i += 1) {
    const { channel, ask } = await openTester()
    expect(await ask('options')).toBe('null')
    if (i === 0) await waitForWorkers(1)
    await channel.close()
  }
  await waitForWorkers(0)
})
