import {
  getCurrentInstance,
  getCurrentScope,
  hasInjectionContext,
  type InjectionKey,
  inject,
  onMounted,
  onScopeDispose,
  ssrContextKey,
} from 'vue'

/** Has `release`, which must be safe to call twice, called at the end of the scope, if there is one. Returns it. */
export function onRelease(release: () => void): () => void {
  if (getCurrentScope() !== undefined) onScopeDispose(release)
  return release
}

/**
 * Calls `start` at once; in a component that is hydrated once that is done, since it must show what the server has rendered; on a
 * server never.
 */
export function onClient(start: () => void): void {
  const instance = getCurrentInstance()
  // A component that is being set up has an element already where it is to take over the server's.
  const isHydrating = instance?.vnode.el != null
  const isServer = provided(ssrContextKey) !== undefined
  if (!isHydrating && !isServer) start()
  else if (instance !== null) onMounted(start)
}

/** What is provided under a key; undefined where there is nothing, and outside of apps. */
export const provided = <T>(key: InjectionKey<T> | typeof ssrContextKey): T | undefined =>
  hasInjectionContext() ? inject<T | undefined>(key, undefined) : undefined
