// Terminates workers that are hardly ever out of the addon.
//   terminate-in-addon <what they do>
import { parentPort, Worker } from 'node:worker_threads'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { segmentDescriptors, threadsNamed } from '../helpers/process.ts'

const WORKERS = 25
const what = process.argv[2] ?? ''

if (parentPort === null) {
  for (let i = 0; i < WORKERS; i++) {
    const worker = new Worker(new URL(import.meta.url), { argv: [what] })
    await new Promise((resolve) => worker.once('message', resolve))
    await worker.terminate()
  }
  console.log(
    JSON.stringify({ threads: threadsNamed(/^(sc:|shared-channel)/).length, descriptors: segmentDescriptors().length }),
  )
} else {
  const plugin = await openPlugin(pluginPath(what === 'exchange' ? 'exchange' : 'echo'))
  parentPort.postMessage('open')
  if (what === 'wake') for (;;) plugin.wakePeer()
  if (what === 'exchange') for (;;) plugin.exchange(new Uint8Array(100))
  if (what === 'refused exchange') {
    for (;;) {
      try {
        plugin.exchange(new Uint8Array(100))
      } catch {
        // NOT_SUPPORTED
      }
    }
  }
  if (what === 'hold and let go') {
    for (;;) {
      plugin.ref()
      plugin.unref()
    }
  }
  for (;;) await (await openPlugin(pluginPath('echo'), { sendCapacity: 4096, receiveCapacity: 4096 })).close()
}
