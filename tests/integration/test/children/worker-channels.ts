// A worker that opens channels as the main thread does, and tells what it saw.
import { parentPort } from 'node:worker_threads'
import { SharedChannel, SharedChannelError } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { Talk } from '../helpers/protocols.ts'

const missing = await openPlugin(pluginPath('missing')).catch((error) => error)
const answers: string[] = []
const instances: string[] = []
for (let i = 0; i < 3; i++) {
  const plugin = await openPlugin(pluginPath('inspect'), { options: i, onLog: () => {} })
  const channel = new SharedChannel(plugin, Talk)
  const ask = (question: string) =>
    new Promise<string>((resolve) => {
      const stop = channel.on('text', (answer) => {
        stop()
        resolve(answer)
      })
      channel.send('text', question)
    })
  for (let j = 0; j < 200; j++) answers.push(await ask('options'))
  instances.push(await ask('instance'))
  if (i > 0) await channel.close() // the first one is left to the end of the worker
}
parentPort?.postMessage({
  refusal: missing instanceof SharedChannelError && missing.code,
  answers,
  instances,
})
