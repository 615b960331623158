// Plugins in processes of their own, under conditions that the tests' own process cannot have.
//   isolated <what>

import { readdirSync } from 'node:fs'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { defineProtocol, SharedChannel, text } from '@shared-channel/core'
import { type OpenPluginOptions, openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { collectGarbage } from '../helpers/garbage.ts'
import { hostProcesses, segmentDescriptors, segmentMappings } from '../helpers/process.ts'
import { until } from '../helpers/wait.ts'

const Talk = defineProtocol({ both: { text: { id: 1, codec: text() } } })

const [what] = process.argv.slice(2)

async function open(options: OpenPluginOptions = {}) {
  const plugin = await openPlugin(pluginPath('crash'), { isolation: 'process', onLog: () => {}, ...options })
  return new SharedChannel(plugin, Talk, { closeTimeout: 100 })
}

/** What this process has beside its own things. */
const has = () => ({
  hosts: hostProcesses().length,
  threads: readdirSync('/proc/self/task').length,
  descriptors: readdirSync('/proc/self/fd').length,
  segments: segmentDescriptors().length,
  mappings: segmentMappings().length,
})

switch (what) {
  case 'print': {
    const channel = await open()
    channel.send('text', 'print')
    await channel.close()
    break
  }
  // The parent is killed, or leaves in some other way.
  case 'idle':
  case 'busy':
  case 'hang':
  case 'wait for room': {
    const channel = await open()
    channel.ref()
    channel.send('text', what)
    if (what === 'busy') {
      channel.on('text', (value) => void channel.send('text', value))
      for (let i = 0; i < 100; i++) channel.send('text', 'busy')
    }
    console.log(JSON.stringify(hostProcesses()))
    setInterval(() => {}, 1000)
    break
  }
  case 'process.exit': {
    await open()
    console.log(JSON.stringify(hostProcesses()))
    process.exit(7)
    break
  }
  case 'worker':
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url), { argv: [what] })
      await new Promise((resolve) => worker.once('message', resolve))
      const before = hostProcesses().length
      await worker.terminate()
      console.log(JSON.stringify({ before, after: hostProcesses().length }))
    } else {
      const channel = await open({ shutdownTimeout: 200, onLog: () => parentPort?.postMessage('staying') })
      await open()
      channel.on('text', () => {})
      channel.send('text', 'hang')
    }
    break
  case 'cycles': {
    const cycle = async (i: number) => {
      const channel = await open()
      channel.onError(() => {})
      channel.on('text', () => {})
      channel.send('text', i % 4 === 0 ? 'abort' : 'x'.repeat(i))
      await channel.close()
      await openPlugin(pluginPath('missing'), { isolation: 'process' }).catch(() => {})
    }
    for (let i = 0; i < 5; i++) await cycle(i) // Node starts threads of its own
    await collectGarbage()
    const before = has()
    for (let i = 0; i < 100; i++) await cycle(i)
    await collectGarbage()
    await until(() => JSON.stringify(has()) === JSON.stringify(before), 5000).catch(() => {})
    console.log(JSON.stringify({ before, after: has() }))
  }
}
