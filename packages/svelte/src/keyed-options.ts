import { keyText, type Protocol } from '@shared-channel/core'
import * as stores from 'svelte/store'
import { derived, type Readable, readable } from 'svelte/store'
import type { OptionsSource, SharedChannelOptions } from './types.ts'

/** Options, with the text of their key. */
export interface KeyedOptions<P extends Protocol> {
  readonly options: SharedChannelOptions<P>
  readonly text: string
}

/** A store of the options, wherever they come from. The key is read with them, so that state inside of it counts, too. */
export function keyedOptions<P extends Protocol>(source: OptionsSource<P>): Readable<KeyedOptions<P>> {
  const keyed = (options: SharedChannelOptions<P>) => ({ options, text: keyText(options.key) })
  if (typeof source === 'function') {
    const read = () => keyed(source())
    // Svelte 4 has no `toStore`, and no state that a function could follow. To ask is what bundlers understand.
    return 'toStore' in stores ? stores.toStore(read) : readable(read())
  }
  return 'subscribe' in source ? derived(source, keyed) : readable(keyed(source))
}
