// The few things that every JavaScript host has, under whichever name.

declare const setImmediate: ((callback: () => void) => unknown) | undefined

/**
 * Runs `callback` after other events have had their turn: timers, input, other channels.
 *
 * `setImmediate` is taken at once: Electron takes it away after it has run a preload that has no world of its own.
 */
export const afterOtherEvents: (callback: () => void) => unknown =
  typeof setImmediate === 'function' ? setImmediate : postToSelf()

function postToSelf(): (callback: () => void) => void {
  // setTimeout would be held back to 4 ms after a few calls in a page.
  const waiting: (() => void)[] = []
  let port: MessagePort | undefined
  return (callback) => {
    if (port === undefined) {
      const channel = new MessageChannel()
      channel.port1.onmessage = () => waiting.shift()?.()
      port = channel.port2
    }
    waiting.push(callback)
    port.postMessage(null)
  }
}

declare const process: { readonly type?: string } | undefined

/**
 * How long messages may keep the event loop at a time, in milliseconds: less where it also paints or serves all windows, in
 * a page, its preload, and Electron's main process.
 */
export const defaultReceiveBudget = (): number =>
  typeof document !== 'undefined' || (typeof process !== 'undefined' && process.type === 'browser') ? 4 : 10

/** An error that nobody handles. */
export function reportUncaught(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else console.error(error)
}
