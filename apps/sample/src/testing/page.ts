import { onTestFinished } from 'vitest'
import type { connect } from '../connect.ts'

/** Has a framework show a component of the application, connected in such a way, there. Returns how it is taken away. */
export type Mount = (container: HTMLElement, how: { connect: typeof connect }) => () => unknown

/** What its users find, and do. */
export interface Page {
  find<E extends Element = HTMLElement>(selector: string): E | null
  texts(selector: string): (string | null)[]
  click(selector: string): void
  /** As somebody types it, in one go. */
  type(selector: string, text: string): void
  /** At the end of the test, or before. */
  unmount(): Promise<void>
}

/** Shows a component in a page of its own. */
export function show(mount: Mount, how: { connect: typeof connect }): Page {
  const container = document.createElement('div')
  document.body.append(container)
  let takeAway: (() => unknown) | undefined = mount(container, how)
  const unmount = async () => {
    const end = takeAway
    takeAway = undefined
    await end?.()
    container.remove()
  }
  onTestFinished(unmount)
  return {
    find: (selector) => container.querySelector(selector),
    texts: (selector) => [...container.querySelectorAll(selector)].map(({ textContent }) => textContent),
    click: (selector) => container.querySelector<HTMLElement>(selector)?.click(),
    type(selector, text) {
      const input = container.querySelector<HTMLInputElement>(selector)
      if (input === null) throw new Error(`There is no ${selector}.`)
      // Not by the property of the input itself, which React has put there.
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, text)
      input.dispatchEvent(new Event('input', { bubbles: true }))
    },
    unmount,
  }
}
