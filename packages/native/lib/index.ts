export { openPlugin, type Plugin, type PluginInfo } from './plugin.ts'
export type { LogLevel, LogLine, OpenPluginOptions } from './plugin-options.ts'
