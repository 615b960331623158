import { act } from '@testing-library/react'
import { vi } from 'vitest'

/** Frames that come when the test says so. As in a page, React has its turn after each callback. */
export function heldFrames(): { next(): void } {
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
      for (const callback of due) act(() => callback(performance.now()))
    },
  }
}
