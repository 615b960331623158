import { type Link, segmentSize } from '@shared-channel/core'
import { loadAddon } from './addon.ts'
import type { Capabilities } from './capabilities.ts'
import { type Allocate, allocateForChannel, checkMemory } from './memory.ts'
import type { PluginInfo } from './plugin-events.ts'
import { PluginLink } from './plugin-link.ts'
import { checkCapacity, libraryPath, type OpenPluginOptions } from './plugin-options.ts'
import type { PluginRestart } from './restart.ts'

/** A plugin at the other end of a channel: give it to `new SharedChannel(plugin, protocol)`. */
export interface Plugin extends Link {
  readonly info: PluginInfo
  /** The library's file. */
  readonly path: string
  /**
   * Has the plugin work in memory of yours, in place: it fills or changes it and returns. Without a copy, without a
   * message, on this thread, which stands still until the plugin returns. For what is wanted at once; work that takes
   * long is better called with `channel.request`. The plugin derives from `shared_channel::Exchange`.
   *
   * A plugin in a process of its own works in a SharedBuffer's memory in place, if this process may write it, and in a copy of
   * any other, of which comes back what it says that it wrote.
   *
   * @param memory Any typed array, DataView or Buffer, over an ArrayBuffer or a SharedArrayBuffer. The plugin gets the
   *   bytes that the view covers, and nothing of them outlives the call. An empty view is handed on as such.
   * @returns How many bytes the plugin wrote, from the start of the view; at most `memory.byteLength`.
   * @throws SharedChannelError `INVALID_ARGUMENT` for what is not a view, or one whose buffer was detached;
   *   `NOT_SUPPORTED` when the plugin has no exchange; `PLUGIN_ERROR` with the text of what the plugin threw, or when it
   *   says that it wrote more than there is; `CLOSED` once the plugin is closed or has ended.
   * @example
   * // class Camera final : public shared_channel::Plugin, public shared_channel::Exchange {
   * //   std::size_t exchange(std::span<std::byte> memory) override { return read_frame(memory); }
   * // };
   * const pixels = new Uint8Array(640 * 480)
   * draw(pixels.subarray(0, camera.exchange(pixels)))
   */
  exchange(memory: ArrayBufferView): number
  /**
   * Hears when a plugin that was opened with `restart: 'on-crash'` is back after its process has ended. Handlers of the
   * channel stay, and what was sent meanwhile follows.
   *
   * @returns Takes the handler away again.
   * @example
   * plugin.on('restart', ({ lost, reason }) => console.warn(`${reason.message}; ${lost} messages were lost`))
   */
  on(event: 'restart', handler: (restart: PluginRestart) => void): () => void
  /** What sharing memory with this plugin comes to. */
  capabilities(): Capabilities
}

/**
 * Opens a plugin: loads the library, starts a thread for this instance, and runs the plugin's `initialize` there; with
 * `isolation: 'process'` in a process of its own. Any number of plugins and instances may be open at once, on the main
 * thread and in workers; of a plugin of plugin_interface.h one instance a process.
 *
 * @param path Absolute path of the library; without an extension the platform's is added (`.so`).
 * @param options See {@link OpenPluginOptions}.
 * @returns The plugin, a link for one channel.
 * @throws SharedChannelError (as a rejection) `INVALID_ARGUMENT` for a relative path or a bad option; `PLUGIN_NOT_FOUND`;
 *   `PLUGIN_LOAD_FAILED` with the system's reason; `PLUGIN_ABI_MISMATCH`; `PLUGIN_INIT_FAILED` with the plugin's reason;
 *   `OUT_OF_MEMORY`; `NOT_SUPPORTED` where there is no addon for this system. The reason of `options.signal`.
 * @example
 * const plugin = await openPlugin('/abs/libcamera', { receiveCapacity: 8 << 20, options: { device: 0 } })
 * const channel = new SharedChannel(plugin, Camera)
 */
export async function openPlugin(path: string, options: OpenPluginOptions = {}): Promise<Plugin> {
  return openPluginOver(allocateForChannel, path, options)
}

/** As `openPlugin`, with JavaScript's memory from elsewhere: a page's, in its preload. Rejects with what `allocate` throws, too. */
export async function openPluginOver(
  allocate: Allocate,
  path: string,
  options: OpenPluginOptions = {},
): Promise<Plugin> {
  const { signal } = options
  if (signal?.aborted) throw signal.reason
  const file = libraryPath(path, options.allowRelative === true)
  const sendCapacity = checkCapacity('sendCapacity', options.sendCapacity)
  const receiveCapacity = checkCapacity('receiveCapacity', options.receiveCapacity)
  const size = segmentSize(sendCapacity, receiveCapacity)
  const view = checkMemory(allocate(size), size)
  const link = new PluginLink(view, file, { ...options, sendCapacity, receiveCapacity })
  const giveUp = () => link.giveUp(signal?.reason)
  signal?.addEventListener('abort', giveUp)
  try {
    await link.opened
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
  return link
}

/**
 * Loads the library of a plugin, as `openPlugin` does, and checks what it exports, on the calling thread. Starts nothing.
 *
 * @param path Absolute path of the library; without an extension the platform's is added (`.so`).
 * @param options `allowRelative`: see {@link OpenPluginOptions}.
 * @throws SharedChannelError `INVALID_ARGUMENT`, `PLUGIN_NOT_FOUND`, `PLUGIN_LOAD_FAILED`, `PLUGIN_ABI_MISMATCH`,
 *   `NOT_SUPPORTED`, as `openPlugin` rejects with.
 * @example
 * checkPlugin('/abs/libcamera')
 */
export function checkPlugin(path: string, options: Pick<OpenPluginOptions, 'allowRelative'> = {}): void {
  loadAddon().checkPlugin(libraryPath(path, options.allowRelative === true))
}
