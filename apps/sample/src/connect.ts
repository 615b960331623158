import { openWasmPlugin } from '@shared-channel/browser'
import type { Link } from '@shared-channel/core'
import { connect as connectInElectron } from '@shared-channel/electron/renderer'

/** How to reach the plugin. */
export interface SampleConnectOptions {
  /** Gives up. */
  readonly signal?: AbortSignal
  /** Bytes of the ring to the plugin, 4 KiB to 1 GiB. Only in a browser: in Electron the broker says how large it is. */
  readonly sendCapacity?: number
  /** Bytes of the ring from the plugin. Only in a browser. */
  readonly receiveCapacity?: number
  /** Where the plugin is as WebAssembly. Default: the one of this package, which Vite finds, in development as in what it builds. */
  readonly wasm?: string | URL
}

/** As often the broker's plugin is updated (electron/main.ts). */
const UPDATE_INTERVAL = 4

/**
 * Reaches the sample plugin: in Electron the native one, through the broker, in a browser the same one as WebAssembly.
 *
 * @param name In Electron, as in `createBroker({ plugins })`.
 * @returns A link for one channel.
 * @throws SharedChannelError (as a rejection) What `connect` and `openWasmPlugin` reject with.
 * @example
 * const channel = new SharedChannel(await connect(SAMPLE, { signal }), Sample)
 */
export async function connect(name: string, options: SampleConnectOptions = {}): Promise<Link> {
  const { signal, wasm = new URL('../build/wasm/plugin.wasm', import.meta.url), ...capacities } = options
  if (isElectron()) return connectInElectron(name, signal && { signal })
  return openWasmPlugin(wasm, { ...capacities, ...(signal && { signal }), updateInterval: UPDATE_INTERVAL })
}

/** Not whether our preload is there: where it is missing in Electron, that is a mistake to be told of. */
export const isElectron = (): boolean => / Electron\//.test(navigator.userAgent)
