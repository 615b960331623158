import type { Window as HappyWindow } from 'happy-dom'
import { Component, type ReactNode } from 'react'
import { vi } from 'vitest'

/** Shows what was thrown below it, and tries anew at a click. React's own words about it are left out. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null }

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <button type="button" onClick={() => this.setState({ error: null })}>
        {String(error)}
      </button>
    )
  }
}

/** Has React say nothing of errors that a boundary has caught. */
export function silenceErrors(): void {
  for (const { console } of [globalThis, document.defaultView ?? globalThis]) {
    vi.spyOn(console, 'error').mockImplementation(() => {})
  }
  // As in browsers, what an event's listener throws is no affair of whoever dispatched the event. React 18 relies on that.
  const { happyDOM } = window as unknown as Pick<HappyWindow, 'happyDOM'>
  Object.assign(happyDOM?.settings ?? {}, { errorCapture: 'tryAndCatch', disableErrorCapturing: false })
}
