import { sharedChannels } from '@shared-channel/vue'
import { onTestFinished } from 'vitest'
import { type Component, createApp } from 'vue'

/** Shows a component in a page of its own. */
export function show(component: Component, props: Record<string, unknown>) {
  const container = document.createElement('div')
  document.body.append(container)
  const app = createApp(component, props).use(sharedChannels())
  app.mount(container)
  onTestFinished(() => {
    app.unmount()
    container.remove()
  })
  return {
    find: <E extends Element = HTMLElement>(selector: string) => container.querySelector<E>(selector),
    texts: (selector: string) => [...container.querySelectorAll(selector)].map(({ textContent }) => textContent),
    click: (selector: string) => container.querySelector<HTMLElement>(selector)?.click(),
    /** As somebody types it, in one go. */
    type(selector: string, text: string) {
      const input = container.querySelector<HTMLInputElement>(selector)
      if (input === null) throw new Error(`There is no ${selector}.`)
      input.value = text
      input.dispatchEvent(new Event('input', { bubbles: true }))
    },
  }
}

/** Waits for a condition; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
