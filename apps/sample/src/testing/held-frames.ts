import { vi } from 'vitest'

/**
 * Frames that come when the test says so.
 *
 * @param run Runs each callback of a frame, where that takes more than a call.
 */
export function heldFrames(run: (callback: () => void) => void = (callback) => callback()): { next(): void } {
  const callbacks = new Map<number, FrameRequestCallback>()
  let last = 0
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => {
    callbacks.set(++last, callback)
    return last
  })
  vi.stubGlobal('cancelAnimationFrame', (id: number) => callbacks.delete(id))
  return {
    next() {
      const due = [...callbacks.values()]
      callbacks.clear()
      for (const callback of due) run(() => callback(performance.now()))
    },
  }
}
