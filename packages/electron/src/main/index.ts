/**
 * For the main process: lets windows open plugins, and introduces windows and processes to each other.
 */
export { type AppSchemeOptions, isolationHeaders, registerAppScheme } from './app-scheme.ts'
export { type Broker, type BrokerOptions, type ConnectOptions, createBroker, type PageOrigin } from './broker.ts'
export type { Connection } from './connections.ts'
export type { LinkTarget } from './ends.ts'
export type { FrameTarget } from './pages.ts'
export type { PluginEntry, PluginHome } from './plugins.ts'
