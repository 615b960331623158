import { fileURLToPath } from 'node:url'
import { openPlugin } from '@shared-channel/native'
import { MeasureCounterpart } from './measure-counterpart.ts'

/** What the plugin calls itself, and its threads. */
export const PLUGIN_NAME = 'measure'

/** Without the ending that the system gives libraries. */
export const PLUGIN_PATH = fileURLToPath(new URL(`../build/Release/${PLUGIN_NAME}`, import.meta.url))

/** A plugin behind a channel. */
export class PluginCounterpart extends MeasureCounterpart {
  /** @param capacity Bytes of each of the two rings; without it, what applications get that do not care. */
  static async open(capacity?: number): Promise<PluginCounterpart> {
    const rings = capacity === undefined ? {} : { sendCapacity: capacity, receiveCapacity: capacity }
    return new PluginCounterpart(await openPlugin(PLUGIN_PATH, rings))
  }
}
