import { Connections } from '@shared-channel/core'
import { createContext, createElement, type ReactElement, type ReactNode, useContext, useState } from 'react'

const ConnectionsContext = createContext<Connections | null>(null)

export interface SharedChannelProviderProps {
  /** Whose channels these are: for several roots of one page, or a test. By default the provider has its own. */
  readonly connections?: Connections | undefined
  readonly children?: ReactNode
}

/**
 * Lets the components below share one channel by key: opened for the first of them, released with the last.
 *
 * @example
 * <SharedChannelProvider>
 *   <Viewfinder />
 *   <Controls />
 * </SharedChannelProvider>
 */
export function SharedChannelProvider({ connections, children }: SharedChannelProviderProps): ReactElement {
  const own = useOwnConnections()
  return createElement(ConnectionsContext.Provider, { value: connections ?? own }, children)
}

/** Those of the provider, or else of this component alone. */
export function useConnections(): Connections {
  const own = useOwnConnections()
  return useContext(ConnectionsContext) ?? own
}

// State, as React may throw away what useMemo has made.
const useOwnConnections = (): Connections => useState(() => new Connections())[0]
