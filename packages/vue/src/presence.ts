import { Store } from '@shared-channel/core'
import { type ComponentInternalInstance, getCurrentInstance, onActivated, onDeactivated } from 'vue'

/** Whether a component is shown, or kept aside by `<KeepAlive>`; and what waits until it is shown again. */
export class Presence {
  readonly #waiting: (() => void)[] = []
  readonly isShown: Store<boolean>

  constructor(isShown: boolean) {
    this.isShown = new Store(isShown)
    this.isShown.subscribe((isShown) => {
      if (isShown) this.#catchUp()
    })
  }

  /** Has `call` called when the component is shown again, after what waits already. */
  wait(call: () => void): void {
    this.#waiting.push(call)
  }

  #catchUp(): void {
    for (const call of this.#waiting.splice(0)) {
      try {
        call()
      } catch (error) {
        reportError(error) // as a channel does with what its handlers throw
      }
    }
  }
}

const presences = new WeakMap<ComponentInternalInstance, Presence>()

/** That of the component that is being set up; outside of components there is nothing that could be deactivated. */
export function usePresence(): Presence | undefined {
  const instance = getCurrentInstance()
  if (instance === null) return undefined
  const known = presences.get(instance)
  if (known !== undefined) return known
  const presence = new Presence(!isKeptAside(instance))
  presences.set(instance, presence)
  onActivated(() => presence.isShown.set(true)) // also at the first mount
  onDeactivated(() => presence.isShown.set(false))
  return presence
}

/** A component can also come up inside of one that is deactivated: what that renders is kept up to date. */
function isKeptAside(instance: ComponentInternalInstance): boolean {
  for (let at: ComponentInternalInstance | null = instance; at !== null; at = at.parent) {
    if (at.isDeactivated) return true
  }
  return false
}
