import { Connections } from '@shared-channel/core'
import type { InjectionKey, ObjectPlugin } from 'vue'
import { provided } from './scope.ts'

/** Under which connections are provided: `provide(connectionsKey, new Connections())` shares channels below one component. */
export const connectionsKey: InjectionKey<Connections> = Symbol('shared channels')

/**
 * A plugin that lets all components of an app share one channel by key: opened for the first of them, released with the last.
 *
 * @param connections Those to share, for several apps of one page; by default the app's own.
 * @example
 * createApp(App).use(sharedChannels()).mount('#app')
 */
export function sharedChannels(connections: Connections = new Connections()): ObjectPlugin {
  return { install: (app) => void app.provide(connectionsKey, connections) }
}

/** Those of the app or of a component above; undefined when channels are not shared. */
export const sharedConnections = (): Connections | undefined => provided(connectionsKey)
