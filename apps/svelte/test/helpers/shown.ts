// What a user finds in a component.
import { type Component, mount, unmount } from 'svelte'
import { onTestFinished } from 'vitest'
import type { Connect } from '../../src/connect.ts'

/** Mounts it until the test ends. */
export function show(component: Component<{ connect: Connect }>, { connect }: { connect: Connect }) {
  const mounted = mount(component, { target: document.body, props: { connect } })
  let isMounted = true
  const leave = async () => {
    if (!isMounted) return
    isMounted = false
    await unmount(mounted)
  }
  onTestFinished(leave)
  return { unmount: leave }
}

/** The first element, which must be there. */
export function find<Kind extends HTMLElement = HTMLElement>(selector: string): Kind {
  const element = document.querySelector<Kind>(selector)
  if (element === null) throw new Error(`there is no ${selector}`)
  return element
}

export const statuses = (): (string | undefined)[] =>
  [...document.querySelectorAll<HTMLElement>('.status')].map(({ dataset }) => dataset.status)

/** Of what is shown alone. */
export const status = (): string | undefined => statuses().join()

/** The text of an alert; undefined when there is none. */
export const alert = (): string | null | undefined => document.querySelector('[role=alert]')?.textContent

export function fill(selector: string, value: string): void {
  const input = find<HTMLInputElement>(selector)
  input.value = value
  input.dispatchEvent(new Event('input', { bubbles: true }))
}
