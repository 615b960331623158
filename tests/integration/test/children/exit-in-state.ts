// Ends, or is ended, while its channel is in some state.
//   exit-in-state <state> <how>
import { SharedChannel } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { Data } from '../helpers/protocols.ts'
import { openTally } from '../helpers/tally.ts'

const [state, how] = process.argv.slice(2)

function leave(): void {
  console.log('there') // whoever sends SIGTERM waits for this
  switch (how) {
    case 'process.exit':
      process.exit(7)
      break
    case 'uncaught exception':
      // Not at once: what a handler throws is the channel's to report.
      queueMicrotask(() => {
        throw new Error('nobody catches this')
      })
      break
    case 'SIGTERM':
      setInterval(() => {}, 1000)
  }
}

/** For the end of the event loop: whoever waits for room or for messages holds it, unless told not to. */
const mayEnd = <T extends { unref(): unknown }>(channel: T): T => {
  if (how === 'nothing left to do') channel.unref()
  return channel
}

switch (state) {
  case 'opening': {
    void openTally()
    leave()
    break
  }
  case 'open': {
    const plugin = await openPlugin(pluginPath('echo'))
    leave()
    plugin.unref()
    break
  }
  case 'messages wait': {
    const { channel } = await openTally()
    for (let i = 0; i < 200; i++) channel.send('patient', new Uint8Array(1000))
    mayEnd(channel)
    leave()
    break
  }
  case 'sendDirect waits': {
    const { channel } = await openTally()
    channel.sendDirect('patient', new Uint8Array(1_000_000)).catch(() => {})
    mayEnd(channel)
    leave()
    break
  }
  case 'a slot is open': {
    const { channel } = await openTally()
    channel.reserve('patient', 1000)
    leave()
    break
  }
  case 'in a handler': {
    const channel = new SharedChannel(await openPlugin(pluginPath('flood'), { options: 'send' }), Data)
    let received = 0
    channel.on('data', () => {
      if (++received !== 100) return
      mayEnd(channel) // not before: else nothing would hold the event loop until there are a hundred
      leave()
    })
    break
  }
  case 'in a loop': {
    const channel = new SharedChannel(await openPlugin(pluginPath('flood'), { options: 'send' }), Data)
    let received = 0
    // Not awaited: a module that is not finished has an exit code of its own.
    void (async () => {
      for await (const { data } of channel) {
        if (data.length === 0 || ++received !== 100) continue
        mayEnd(channel)
        leave()
      }
    })()
    break
  }
  case 'closing': {
    const { channel } = await openTally()
    for (let i = 0; i < 50; i++) channel.send('slow', new Uint8Array(1000))
    void channel.close()
    leave()
    break
  }
  case 'closed': {
    const { channel } = await openTally()
    await channel.close()
    leave()
    break
  }
  case 'failed': {
    const plugin = await openPlugin(pluginPath('echo'))
    const channel = new SharedChannel(plugin, Data)
    channel.on('data', () => {})
    new Int32Array(plugin.memory).fill(-1)
    await channel.closed
    leave()
  }
}
