// Loads the addon. The only file that knows where it is; everything else uses its typed face from here.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { SharedChannelError, type SharedChannelErrorCode } from '@shared-channel/core'

/** What the addon tells about a plugin; see PluginEvent in src/plugin_host.hpp. */
export type NativeEventKind = 'ready' | 'error' | 'log' | 'ended'

export type NativeEventListener = (
  kind: NativeEventKind,
  code: SharedChannelErrorCode | '',
  text: string,
  level: number,
  name: string,
  version: string,
  abiMinor: number,
) => void

/** The object behind a Plugin; see PluginObject in src/addon/plugin_object.hpp. */
export interface NativePlugin {
  wakePeer(): void
  exchange(memory: Uint8Array): number
  ref(): void
  unref(): void
  stop(): void
  close(): boolean
}

export interface Addon {
  setErrorFactory(createError: (code: SharedChannelErrorCode, message: string) => Error): void
  /** Loads the library and checks what it exports, on this thread, without starting anything; throws what `openPlugin` rejects with. */
  checkPlugin(path: string): void
  NativePlugin: new (
    view: Uint8Array,
    sendCapacity: number,
    receiveCapacity: number,
    path: string,
    optionsJson: string,
    updateInterval: number | undefined,
    shutdownTimeout: number,
    onRing: () => void,
    onEvent: NativeEventListener,
  ) => NativePlugin
}

const ADDON_PATH = fileURLToPath(new URL('../build/Release/shared_channel.node', import.meta.url))

let addon: Addon | undefined

/**
 * The addon, loaded at the first call.
 *
 * @throws SharedChannelError `NOT_SUPPORTED` when it cannot be loaded, with what was tried and what to do.
 */
export function loadAddon(): Addon {
  if (addon !== undefined) return addon
  try {
    const loaded: Addon = createRequire(import.meta.url)(ADDON_PATH)
    loaded.setErrorFactory((code, message) => new SharedChannelError(code, message))
    addon = loaded
    return addon
  } catch (cause) {
    throw new SharedChannelError('NOT_SUPPORTED', explain(cause), { cause })
  }
}

function explain(cause: unknown): string {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
  const here = `${process.platform} ${process.arch}`
  const advice =
    process.platform === 'linux'
      ? 'Build it with `npx cmake-js build` in the folder of @shared-channel/native; it needs a C++20 compiler and CMake.'
      : 'It runs on Linux so far.'
  return `The native addon of Shared Channel cannot be loaded on ${here}: ${reason}. ${advice}`
}
