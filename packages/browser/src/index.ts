export { openWasmPlugin } from './open-wasm-plugin.ts'
export type { LogLevel, LogLine, OpenWasmPluginOptions } from './options.ts'
export type { WasmSource } from './wasm-module.ts'
export type { Capabilities, PluginInfo, WasmPlugin } from './wasm-plugin.ts'
