import { setTimeout as sleep } from 'node:timers/promises'
import { PLUGIN_NAME, PluginCounterpart } from './plugin-counterpart.ts'
import { pluginThreads } from './process-status.ts'

export interface IdleSettings {
  readonly channels: number
  readonly milliseconds: number
}

const RING = 1 << 16
const SETTLING_MILLISECONDS = 20
const MAX_SETTLING_ROUNDS = 250

/**
 * Opens channels, listens on each, and leaves them alone.
 *
 * @returns How often their threads have woken up in that time: their voluntary context switches.
 */
export async function measureIdleWakeUps({ channels, milliseconds }: IdleSettings): Promise<number> {
  const open: PluginCounterpart[] = []
  try {
    for (let i = 0; i < channels; i++) {
      const channel = await PluginCounterpart.open(RING)
      open.push(channel)
      channel.listen()
    }
    const before = await settle(channels)
    await sleep(milliseconds)
    return countSwitches(channels).switches - before
  } finally {
    await Promise.all(open.map((channel) => channel.close()))
  }
}

/** Waits until the threads have finished what opening gave them to do. */
async function settle(channels: number): Promise<number> {
  let before = countSwitches(channels)
  for (let round = 0; round < MAX_SETTLING_ROUNDS; round++) {
    await sleep(SETTLING_MILLISECONDS)
    const now = countSwitches(channels)
    if (now.allAsleep && now.switches === before.switches) break
    before = now // threads that never settle are seen in the measurement itself
  }
  return before.switches
}

function countSwitches(channels: number): { switches: number; allAsleep: boolean } {
  const threads = pluginThreads(PLUGIN_NAME)
  if (threads.length !== channels) {
    throw new Error(`${channels} channels are open, but the process has ${threads.length} threads of the plugin`)
  }
  return {
    switches: threads.reduce((sum, thread) => sum + thread.voluntarySwitches, 0),
    allAsleep: threads.every((thread) => thread.asleep),
  }
}
