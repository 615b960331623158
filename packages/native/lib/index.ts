export {
  type LogLevel,
  type LogLine,
  type OpenPluginOptions,
  openPlugin,
  type Plugin,
  type PluginInfo,
} from './plugin.ts'
