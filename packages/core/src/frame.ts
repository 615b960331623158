/** The next frame of the screen. */
import { reportUncaught } from './host.ts'

const due = new Set<() => void>()
let cancelFrame = () => {}

/**
 * Calls back in the next frame; soon, where there are no frames. Whatever is due comes in one go: a framework that renders
 * after each task then renders once, however many values have changed.
 *
 * @returns How to call it off.
 */
export function inNextFrame(callback: () => void): () => void {
  if (due.size === 0) cancelFrame = requestFrame(callAll)
  due.add(callback)
  return () => {
    if (due.delete(callback) && due.size === 0) cancelFrame()
  }
}

function callAll(): void {
  const callbacks = [...due]
  due.clear()
  for (const callback of callbacks) {
    try {
      callback()
    } catch (error) {
      reportUncaught(error) // and the others have their turn
    }
  }
}

function requestFrame(callback: () => void): () => void {
  if (typeof requestAnimationFrame === 'function') {
    const frame = requestAnimationFrame(callback)
    return () => cancelAnimationFrame(frame)
  }
  const timer = setTimeout(callback, 16)
  return () => clearTimeout(timer)
}
