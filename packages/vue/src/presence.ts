import { Store } from '@shared-channel/core'
import { type ComponentInternalInstance, getCurrentInstance, onActivated, onDeactivated } from 'vue'

/** Whether a component is shown, or kept aside by `<KeepAlive>`; and what waits until it is shown again. */
export class Presence extends Store<boolean> {
  readonly #waiting: (() => void)[] = []

  constructor(isShown: boolean) {
    super(isShown)
    this.subscribe((isShown) => {
      if (isShown) for (const call of this.#waiting.splice(0)) attempt(call)
    })
  }

  /** Has `call` called when the component is shown again, after what waits already. */
  wait(call: () => void): void {
    this.#waiting.push(call)
  }
}

/** Reports an error as a channel does that a handler throws. */
function attempt(call: () => void): void {
  try {
    call()
  } catch (error) {
    reportError(error)
  }
}

/** One for each component, so that whatever waits for it keeps its order. */
const presences = new WeakMap<ComponentInternalInstance, Presence>()

/** That of the component that is being set up. Outside of components nothing is ever kept aside. */
export function usePresence(outside: Presence = new Presence(true)): Presence {
  const instance = getCurrentInstance()
  if (instance === null) return outside
  const known = presences.get(instance)
  if (known !== undefined) return known
  const presence = new Presence(!isKeptAside(instance))
  presences.set(instance, presence)
  onActivated(() => presence.set(true)) // also at the first mount
  onDeactivated(() => presence.set(false))
  return presence
}

/** A component can also come up inside of one that is deactivated: what that renders is kept up to date. */
function isKeptAside(instance: ComponentInternalInstance): boolean {
  return instance.isDeactivated || (instance.parent !== null && isKeptAside(instance.parent))
}
