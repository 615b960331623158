// The runtime of Fast Refresh, as Vite's plugin brings it into a page that is developed.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ComponentType } from 'react'

interface RefreshRuntime {
  injectIntoGlobalHook(page: object): void
  register(component: ComponentType, id: string): void
  createSignatureFunctionForTransform(): (
    component: ComponentType,
    ownHooks: string,
    forceReset: boolean,
    customHooks: () => unknown[],
  ) => void
  validateRefreshBoundaryAndEnqueueUpdate(id: string, before: object, after: object): string | undefined
}

const plugin = createRequire(import.meta.url).resolve('@vitejs/plugin-react')

/** To be called before React DOM is loaded. */
export async function loadRefreshRuntime() {
  const runtime: RefreshRuntime = await import(/* @vite-ignore */ join(dirname(plugin), 'refresh-runtime.js'))
  runtime.injectIntoGlobalHook(window)
  let current: Record<string, ComponentType> | undefined
  return {
    /** Does what a module does that has such a component as its export, when it is loaded for the first time and after an edit. */
    load(Component: ComponentType, customHooks: unknown[]) {
      runtime.createSignatureFunctionForTransform()(Component, 'useState{}', false, () => customHooks)
      runtime.register(Component, 'module.tsx Component')
      const last = current
      current = { Component }
      if (last === undefined) return
      const refusal = runtime.validateRefreshBoundaryAndEnqueueUpdate('module.tsx', last, current)
      if (refusal !== undefined) throw new Error(refusal)
    },
  }
}
