import type { Readable } from '@shared-channel/core'
import { useSyncExternalStore } from 'react'

/** The value of a store, with a render whenever it changes. */
export const useReadable = <T>({ subscribe, get }: Readable<T>): T => useSyncExternalStore(subscribe, get, get)
