import type { Window as HappyWindow } from 'happy-dom'
import { Component, type ReactNode, version } from 'react'
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
  vi.spyOn(console, 'error').mockImplementation(() => {})
  // React 18 relies on it that, as in browsers, what an event's listener throws is no affair of whoever dispatched the event.
  const { happyDOM } = window as unknown as Pick<HappyWindow, 'happyDOM'>
  if (version.startsWith('18.')) {
    Object.assign(happyDOM?.settings ?? {}, { errorCapture: 'tryAndCatch', disableErrorCapturing: false })
  }
}
