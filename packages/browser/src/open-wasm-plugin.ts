import { SharedChannelError, writeLayout } from '@shared-channel/core'
import { checkOptions, type OpenWasmPluginOptions } from './options.ts'
import { loadModule, makeMemory, type WasmSource } from './wasm-module.ts'
import type { WasmPlugin } from './wasm-plugin.ts'
import { WasmPluginLink } from './wasm-plugin-link.ts'

/**
 * Opens a plugin that was compiled with `npx shared-channel wasm`: starts a Web Worker for this instance, and runs the plugin's
 * `initialize` there. Any number of plugins and instances may be open at once, up to what the browser has memory for. Closing the
 * channel, or the plugin, ends the worker.
 *
 * The page must be cross-origin isolated (docs/browser.md).
 *
 * @param source Where the module is: an address (relative ones as `fetch` takes them), its bytes, an answer to a `fetch`, or the
 *   compiled module.
 * @param options See {@link OpenWasmPluginOptions}.
 * @returns The plugin, a link for one channel.
 * @throws SharedChannelError (as a rejection) `NOT_SUPPORTED` in a page that is not cross-origin isolated; `INVALID_ARGUMENT` for
 *   a bad option, or rings larger than the module was compiled for; `PLUGIN_NOT_FOUND` when it cannot be fetched;
 *   `PLUGIN_LOAD_FAILED` when it is no plugin, or its worker may not start; `PLUGIN_ABI_MISMATCH`; `PLUGIN_INIT_FAILED` with
 *   the plugin's reason; `OUT_OF_MEMORY`. The reason of `options.signal`.
 * @example
 * const plugin = await openWasmPlugin('/camera.wasm', { receiveCapacity: 8 << 20, options: { device: 0 } })
 * const channel = new SharedChannel(plugin, Camera)
 */
export async function openWasmPlugin(source: WasmSource, options: OpenWasmPluginOptions = {}): Promise<WasmPlugin> {
  const checked = checkOptions(options)
  const { capacities, signal } = checked
  if (signal?.aborted) throw signal.reason
  checkIsolation()
  const plugin = await loadModule(source, signal)
  if (signal?.aborted) throw signal.reason
  const memory = makeMemory(plugin, capacities)
  writeLayout(memory.buffer, ...capacities)
  const link = new WasmPluginLink(plugin.module, memory, checked)
  const giveUp = () => link.giveUp(signal?.reason)
  signal?.addEventListener('abort', giveUp)
  try {
    await link.opened
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
  return link
}

function checkIsolation(): void {
  if (typeof Worker !== 'function') {
    throw new SharedChannelError(
      'NOT_SUPPORTED',
      'There are no Web Workers here: openWasmPlugin is for browsers. In Node.js and Electron use openPlugin of @shared-channel/native.',
    )
  }
  if (globalThis.crossOriginIsolated) return
  throw new SharedChannelError(
    'NOT_SUPPORTED',
    'This page is not cross-origin isolated, so the browser shares no memory with workers. Serve the page, over https or from ' +
      'localhost, with the headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp". With ' +
      'Vite: plugins: [crossOriginIsolation()] from @shared-channel/browser/vite. docs/browser.md has other servers.',
  )
}
