// What works in the memory of a buffer and must end with it.
import type { NativeSegment } from './addon.ts'

const users = new WeakMap<NativeSegment, Set<() => void>>()

/** Calls `close` when the buffer of this segment is closed or released. Returns how to be forgotten. */
export function whenClosed(segment: NativeSegment, close: () => void): () => void {
  const callbacks = users.get(segment) ?? new Set()
  users.set(segment, callbacks.add(close))
  return () => callbacks.delete(close)
}

/** Ends them; to be called before the segment is closed. */
export function closeUsers(segment: NativeSegment): void {
  for (const close of users.get(segment) ?? []) close()
}
