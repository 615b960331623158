// What a plugin says through the addon, in this package's words.
import type { LogLine } from './plugin-options.ts'

/** What a plugin says it is. */
export interface PluginInfo {
  readonly name: string
  readonly version: string
  /** `major.minor` of plugin.h: as the plugin was compiled, or, for one of plugin_interface.h, as it is adapted to here. */
  readonly abi: string
}

const ABI_MAJOR = 1
const LEVELS = ['debug', 'info', 'warn', 'error'] as const

export function pluginInfo(name: string, version: string, abiMinor: number): PluginInfo {
  return { name, version, abi: `${ABI_MAJOR}.${abiMinor}` }
}

/** Hands a line that the plugin logged to whoever wants it, else to the console. `who` is the plugin, or its file. */
export function log(who: string, onLog: ((line: LogLine) => void) | undefined, level: number, text: string): void {
  const line = { level: LEVELS[level] ?? 'info', text }
  if (onLog !== undefined) callBack(onLog, line)
  else console[line.level](`[${who}] ${text}`)
}

/** An exception may not reach the addon. */
export function callBack<T>(handler: (value: T) => void, value: T): void {
  try {
    handler(value)
  } catch (error) {
    console.error(error)
  }
}
