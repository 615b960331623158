// Closes a channel whose plugin does not return.
//   stubborn <where it stays> [worker | no channel | signal]
import { isMainThread, Worker } from 'node:worker_threads'
import { SharedChannel, type SharedChannelError } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { collectGarbage } from '../helpers/garbage.ts'
import { threadsNamed } from '../helpers/process.ts'
import { Data } from '../helpers/protocols.ts'
import { turn } from '../helpers/wait.ts'

const [place, where] = process.argv.slice(2)

if (where === 'worker' && isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { argv: [place, where], stdout: true })
  await new Promise((resolve) => worker.stdout.once('data', resolve))
  await worker.terminate()
  await goOn()
} else if (where === 'no channel') {
  const plugin = await openPlugin(pluginPath('stubborn'), { options: place, shutdownTimeout: 100, onLog: () => {} })
  await plugin.close()
  await goOn()
} else if (where === 'signal') {
  const leftBehind = new Promise<void>((resolve) => {
    const tell = console.error
    console.error = (...told) => {
      tell(...told)
      resolve()
    }
  })
  const signal = AbortSignal.timeout(50)
  const opening = openPlugin(pluginPath('stubborn'), { options: place, shutdownTimeout: 100, signal, onLog: () => {} })
  console.log(await opening.catch(({ name }) => name))
  await leftBehind
  await goOn()
} else {
  const plugin = await openPlugin(pluginPath('stubborn'), { options: place, shutdownTimeout: 100, onLog: () => {} })
  const channel = new SharedChannel(plugin, Data, { closeTimeout: 50 })
  const errors: SharedChannelError[] = []
  channel.onError((error) => errors.push(error as SharedChannelError))
  await new Promise<void>((resolve) => {
    channel.on('data', () => resolve())
    channel.send('data', new Uint8Array(1))
  })
  if (where === 'worker') {
    console.log('open')
  } else {
    const start = performance.now()
    const end = await channel.close()
    console.log(
      JSON.stringify({
        end,
        time: performance.now() - start,
        left: errors.filter(({ message }) => message.includes('did not return within 100 ms')).map(({ code }) => code),
        state: channel.state,
      }),
    )
    await goOn()
  }
}

/** JavaScript works as ever beside the thread that was left behind, and channels open and close. */
async function goOn(): Promise<void> {
  await collectGarbage()
  for (let i = 0; i < 5; i++) {
    const channel = new SharedChannel(await openPlugin(pluginPath('echo')), Data)
    const size = await new Promise<number>((resolve) => {
      channel.on('data', (data) => resolve(data.byteLength))
      channel.send('data', new Uint8Array(10_000))
    })
    if (size !== 10_000) throw new Error(`${size} bytes came back`)
    await channel.close()
    await turn()
  }
  console.log(JSON.stringify({ threads: threadsNamed(/^sc:stubborn$/).length }))
}
