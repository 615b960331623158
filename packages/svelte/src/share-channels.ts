import { Connections } from '@shared-channel/core'
import { getContext, setContext } from 'svelte'

const CONTEXT = Symbol('shared channels')

/**
 * Lets all components inside of the one that calls this share channels by their keys: stores with equal keys have one channel,
 * which is open while any of them is subscribed. Called while the component is initialized.
 *
 * @param connections Those to share; by default new ones, of this component.
 * @example
 * <script>
 *   shareChannels()
 *   const { children } = $props()
 * </script>
 * {@render children()}
 */
export function shareChannels(connections: Connections = new Connections()): void {
  setContext(CONTEXT, connections)
}

/** Those of the component that is being initialized; undefined when they are not shared, and outside of components. */
export function sharedConnections(): Connections | undefined {
  try {
    return getContext(CONTEXT)
  } catch {
    return undefined // Svelte has no other way to tell that there is no component
  }
}
