import type { BrowserCommand } from 'vitest/node'

/** What a server would send of a component, compiled for it. */
export const renderOnServer: BrowserCommand<[file: string]> = async ({ project }, file) => {
  const { default: component } = await project.vite.ssrLoadModule(file)
  const { render } = await project.vite.ssrLoadModule('svelte/server') // the same copy of Svelte
  return render(component).body
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    renderOnServer(file: string): Promise<string>
  }
}
