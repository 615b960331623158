// This process and others, as those who share memory know each other.
import type { ProcessIdentity } from '@shared-channel/core'
import { loadAddon } from './addon.ts'

let own: ProcessIdentity | undefined

/** This process, as others watch it. */
export function thisProcess(): ProcessIdentity {
  own ??= loadAddon().processIdentity()
  return own
}

/** Calls `ended` once, later, when the process has ended. Returns how to stop; nothing for this very process. */
export function watchProcess({ pid, startTime }: ProcessIdentity, ended: () => void): (() => void) | undefined {
  const self = thisProcess()
  if (pid === self.pid && startTime === self.startTime) return undefined
  const watch = new (loadAddon().NativeWatch)(pid, startTime, () => {
    watch.close()
    ended()
  })
  return () => watch.close()
}
