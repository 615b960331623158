import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { onTestFinished } from 'vitest'

/** Shows something in a page of its own. */
export function show(content: ReactNode) {
  const container = document.createElement('div')
  document.body.append(container)
  const root = createRoot(container)
  root.render(content)
  onTestFinished(() => {
    root.unmount()
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
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, text) // not React's own
      input.dispatchEvent(new Event('input', { bubbles: true }))
    },
  }
}

/** Waits for a condition; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
