// Each code of an error, reached once by the public interface, and what docs/errors.md says of it.
import { readFileSync } from 'node:fs'
import {
  defineProtocol,
  flip,
  type Link,
  SharedChannel,
  SharedChannelError,
  type SharedChannelErrorCode,
  text,
} from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { memoryLinks } from '../../../packages/core/test/helpers/memory-link.ts'
import { openChannel, openTestPlugin } from './helpers/channels.ts'
import { runChild } from './helpers/child.ts'
import { Data, Talk } from './helpers/protocols.ts'

const Calls = defineProtocol({ send: { ask: { id: 1, codec: text(), reply: text() } } })

/** Both ends in JavaScript, over the memory that core's own tests use: what no plugin can do yet. */
function openCalls() {
  const links: readonly [Link, Link] = memoryLinks()
  const caller = new SharedChannel(links[0], Calls, { closeTimeout: 100 })
  const answerer = new SharedChannel(links[1], flip(Calls), { closeTimeout: 100 })
  onTestFinished(async () => {
    await Promise.all([caller.close(), answerer.close()])
  })
  return { caller, answerer, links }
}

/** A channel that is sent more than both rings hold, and nobody receives: most of it waits for as long as it is open. */
async function openFull(options: { maxQueueBytes?: number } = {}) {
  const channel = await openChannel('echo', Data, {
    sendCapacity: 4096,
    receiveCapacity: 4096,
    closeTimeout: 50,
    ...options,
  })
  for (let i = 0; i < 40; i++) channel.send('data', new Uint8Array(1000))
  return channel
}

/** The first error that the channel reports. */
const reported = (channel: { onError(handler: (error: unknown) => void): () => void }) =>
  new Promise((resolve) => channel.onError(resolve))

/** How each error comes about: resolves with it, or rejects with it, or throws it. */
const WAYS: Record<SharedChannelErrorCode, () => Promise<unknown>> = {
  CLOSED: async () => {
    const channel = await openChannel('echo', Data)
    await channel.close()
    return channel.send('data', new Uint8Array())
  },
  PEER_LOST: async () => {
    const { caller, links } = openCalls()
    await links[1].stop() // what a link does when its process or page goes away
    return (await caller.closed).reason
  },
  TIMEOUT: async () => (await openFull()).sendDirect('data', new Uint8Array(1000), { timeout: 1 }),
  MESSAGE_TOO_LARGE: async () => {
    const channel = await openChannel('echo', Data, { maxMessageBytes: 1000 })
    return channel.send('data', new Uint8Array(1001))
  },
  QUEUE_FULL: () => openFull({ maxQueueBytes: 1000 }),
  CORRUPT: async () => {
    const plugin = await openTestPlugin('echo')
    const channel = new SharedChannel(plugin, Data)
    new Int32Array(plugin.memory).fill(-1, 512 / 4, 512 / 4 + 1) // the state of the plugin's side
    channel.on('data', () => {})
    return (await channel.closed).reason
  },
  VERSION_MISMATCH: async () => {
    const plugin = await openTestPlugin('echo')
    new Int32Array(plugin.memory)[1] = 2
    return new SharedChannel(plugin, Data)
  },
  PLUGIN_NOT_FOUND: () => openPlugin(pluginPath('missing')),
  PLUGIN_LOAD_FAILED: () => openPlugin(pluginPath('no_entry')),
  PLUGIN_ABI_MISMATCH: () => openPlugin(pluginPath('wrong_abi')),
  PLUGIN_INIT_FAILED: () => openPlugin(pluginPath('inspect'), { options: 'initialize', onLog: () => {} }),
  PLUGIN_ERROR: async () => {
    const channel = await openChannel('inspect', Talk)
    channel.send('text', 'throw')
    return reported(channel)
  },
  REMOTE_ERROR: async () => {
    const { caller, answerer } = openCalls()
    answerer.handle('ask', () => {
      throw new Error('there is no camera')
    })
    return caller.request('ask', 'who is there')
  },
  INVALID_ARGUMENT: () => openPlugin('relative'),
  NOT_SUPPORTED: async () => {
    const channel = await openChannel('echo', Data)
    vi.stubGlobal('ReadableStream', undefined)
    onTestFinished(() => {
      vi.unstubAllGlobals()
    })
    return channel.readable
  },
  OUT_OF_MEMORY: async () => {
    const { code, stdout, stderr } = await runChild('few-descriptors', [], { limit: '-n 64' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { opened, refused, size } = JSON.parse(stdout)
    expect(opened).toBeGreaterThan(5)
    expect(size, 'what the next one sent back').toBe(10_000)
    return new SharedChannelError(refused.code, refused.message)
  },
}
const CODES = Object.keys(WAYS) as SharedChannelErrorCode[]

describe.each(CODES)('%s', (code) => {
  it('is reached, and its message says more than its code', async () => {
    const error: unknown = await WAYS[code]().catch((error) => error)
    expect(error).toBeInstanceOf(SharedChannelError)
    const { code: found, message } = error as SharedChannelError
    expect(found).toBe(code)
    expect(message.split(' ').length, message).toBeGreaterThanOrEqual(5)
    expect(message).not.toContain(code)
    // A value that was put into the text and is none.
    expect(message).not.toMatch(/undefined|\[object|NaN/)
  })
})

it('docs/errors.md has a section for each code, and no other', () => {
  const docs = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const sections = docs.split(/^## /m).slice(1)
  expect(sections.map((section) => section.split('\n')[0]).sort()).toEqual([...CODES].sort())
  for (const section of sections) expect(section.split(' ').length, section).toBeGreaterThan(20)
})
