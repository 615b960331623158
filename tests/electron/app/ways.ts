// Every way to send, to call and to share memory, once. Answers with what came of each.
import { Buffer } from 'node:buffer'
import { dirname, join } from 'node:path'
import { bytes, defineProtocol, SharedChannel } from '@shared-channel/core'
import { openPlugin, type Plugin } from '@shared-channel/native'
import { nativeAddon, SharedMemoryChannel } from '@shared-channel/native/compat'
import { order } from './order.ts'
import type { WaysResult } from './task.ts'

const Data = defineProtocol({ both: { data: { id: 1, codec: bytes() } } })
const Calls = defineProtocol({
  send: {
    echo: { id: 1, codec: bytes(), reply: bytes() },
    keep: { id: 2, codec: bytes(), reply: bytes() },
    answer: { id: 3, codec: bytes(), reply: bytes() },
    fail: { id: 9, codec: bytes(), reply: bytes() },
  },
})

const plugin = (name: string) => join(dirname(order.paths.plugin), name)
const open = (name: string): Promise<Plugin> => openPlugin(plugin(name), { onLog: () => {} })
const codeOf = ({ code }: { code: string }) => code

export async function ways(): Promise<WaysResult> {
  return {
    sent: await sendInEveryWay(),
    called: await call(),
    exchanged: await exchange(),
    streamed: await streamThrough(),
    compat: await useGuideNames(),
  }
}

async function sendInEveryWay(): Promise<number[]> {
  const channel = new SharedChannel(await open('echo'), Data)
  const received: number[] = []
  channel.on('data', ([first]) => received.push(first ?? -1))
  channel.send('data', Uint8Array.of(1))
  channel.trySend('data', Uint8Array.of(2))
  await channel.sendDirect('data', new Uint8Array(3_000_000).fill(3), { timeout: 10_000 })
  await channel.ready
  let slot = channel.reserve('data', 100_000)
  while (slot === null) {
    await channel.ready
    slot = channel.reserve('data', 100_000)
  }
  slot.bytes.fill(4)
  slot.commit()
  channel.send('data', Uint8Array.of(5))
  const { unconsumed } = await channel.close()
  return [...received, unconsumed]
}

async function call(): Promise<string[]> {
  const channel = new SharedChannel(await open('requests'), Calls)
  const kept = [6, 7].map((number) => channel.request('keep', Uint8Array.of(number)))
  const answers = [
    `${await channel.request('echo', Uint8Array.of(5), { timeout: 10_000 })}`,
    Buffer.from(await channel.request('answer', new Uint8Array())).toString(),
    `${await Promise.all(kept)}`,
    await channel.request('fail', new Uint8Array()).catch(codeOf),
    await channel.request('keep', new Uint8Array(), { timeout: 10 }).catch(codeOf),
  ]
  await channel.close()
  return answers.map(String)
}

async function exchange(): Promise<number[]> {
  const instance = await open('exchange')
  const memory = Buffer.alloc(10)
  const written = instance.exchange(memory.subarray(2, 8))
  await instance.close()
  return [written, ...memory]
}

/** Main and utility process of old versions have no web streams. */
async function streamThrough(): Promise<string> {
  const channel = new SharedChannel(await open('echo'), Data)
  try {
    const reader = channel.readable.getReader()
    await channel.writable.getWriter().write({ type: 'data', data: Uint8Array.of(9) })
    const { value } = await reader.read()
    return `${value?.type} ${value?.data}`
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    await channel.close()
  }
}

async function useGuideNames(): Promise<number[]> {
  if (!nativeAddon.loadPlugin(plugin('interface_echo'))) throw new Error('the plugin could not be loaded')
  const channel = new SharedMemoryChannel(65536, 65536)
  const received: number[] = []
  const all = new Promise<void>((resolve) => {
    channel.startReceiving((message) => {
      received.push(...message)
      if (received.length === 4) resolve()
    })
  })
  channel.send(Uint8Array.of(1))
  await channel.send_direct(Uint8Array.of(2), 10_000)
  await all
  channel.cleanup()
  return received
}
