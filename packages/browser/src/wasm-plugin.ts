import type { Link } from '@shared-channel/core'

/** What a plugin says it is. */
export interface PluginInfo {
  readonly name: string
  readonly version: string
  /** `major.minor` of plugin.h, as the plugin was compiled. */
  readonly abi: string
}

/** How JavaScript gets at the memory that it shares with the plugin; the same shape as `Capabilities` of @shared-channel/native. */
export interface Capabilities {
  /** Whether JavaScript sees the shared memory itself, without a copy. Always true in a browser. */
  readonly zeroCopy: boolean
  /** `'shared'`: the SharedArrayBuffer of the plugin's own memory. */
  readonly memory: 'shared'
  /** Whether native code runs in this process. Never in a browser. */
  readonly nativeInProcess: boolean
  /** What a plugin in a browser cannot do. */
  readonly reason?: string
}

/** A plugin in a Web Worker at the other end of a channel: give it to `new SharedChannel(plugin, protocol)`. */
export interface WasmPlugin extends Link {
  readonly info: PluginInfo
  /** What sharing memory with this plugin comes to. */
  capabilities(): Capabilities
}
