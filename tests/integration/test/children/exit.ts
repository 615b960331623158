// Ends with open channels in which native threads write.
//   exit <how>
import { Worker } from 'node:worker_threads'
import { SharedChannel } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { Data } from '../helpers/protocols.ts'
import { until } from '../helpers/wait.ts'

const how = process.argv[2]

for (const options of ['send', 'scribble', 'send', 'send']) {
  const plugin = await openPlugin(pluginPath('flood'), { options })
  const channel = new SharedChannel(plugin, Data)
  let received = 0
  const stop = channel.on('data', () => received++)
  if (options === 'send') await until(() => received > 10)
  if (how === 'nothing left to do') stop()
  if (how === 'while closing') void channel.close()
}
if (how === 'with workers') {
  const workers = [1, 2].map(() => new Worker(new URL(import.meta.url), { argv: ['never'], stdout: true }))
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.stdout.once('data', resolve))))
}
console.log('open')

switch (how) {
  case 'process.exit':
  case 'with workers':
  case 'while closing':
    process.exit(7)
    break
  case 'uncaught exception':
    setTimeout(() => {
      throw new Error('nobody catches this')
    })
    break
  case 'unhandled rejection':
    void Promise.reject(new Error('nobody catches this'))
    break
}
