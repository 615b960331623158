// Loads the addon. The only file that knows where it is; everything else uses its typed face from here.
import { createRequire } from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ProcessIdentity, SharedChannelError, type SharedChannelErrorCode } from '@shared-channel/core'

/** What the addon tells about a plugin; see PluginEvent in src/plugin_runner.hpp. */
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
  exchange(memory: Uint8Array, segment?: NativeSegment, offset?: number): number
  ref(): void
  unref(): void
  stop(): void
  restart(): void
  remap(): void
  close(): boolean
}

/** The object behind a served plugin; see ServedPluginObject in src/addon/served_plugin_object.hpp. */
export interface NativeServedPlugin {
  stop(): void
  close(): boolean
}

/** One reference to a segment and its mapping; see SegmentObject in src/addon/segment_object.hpp. */
export interface NativeSegment {
  /** Bytes that count; the segment is rounded up to 64 KiB. */
  size(): number
  handle(): string
  map(view: Uint8Array, access: NativeAccess): void
  /** Whether nothing of the segment is left in the view's pages. */
  unmap(): boolean
  read(view: Uint8Array, offset: number): void
  write(view: Uint8Array, offset: number): void
  /** Zeroes all of it. */
  clear(): void
  close(): void
}

/** Read and write; copy on write; read only. */
export type NativeAccess = 0 | 1 | 2

/** One end of a channel; see ChannelObject in src/addon/channel_object.hpp. */
export interface NativeChannel {
  /** Bytes of the segment. */
  size(): number
  side(): 0 | 1
  peerHandle(): string
  /**
   * If the caller `reads`: a descriptor, which is its own, after whose reading it calls `look`; -1 where there is none, and
   * `onRing` is called by itself.
   */
  start(view: Uint8Array, onRing: (peer: NativePeer) => void, reads: boolean): number
  /** Looks what has become of the other side, and calls `onRing`. */
  look(): void
  wakePeer(): void
  ref(): void
  unref(): void
  /** Neither reads nor writes any more, and says so; the memory is still there. */
  leave(): void
  close(): void
}

/** One end of a lock; see MutexObject in src/addon/mutex_object.hpp. */
export interface NativeMutex {
  /** Whether the last owner was lost, if the lock is held now. */
  tryLock(): boolean | undefined
  /** Calls back once, when the lock is held. */
  wait(onLocked: (ownerLost: boolean) => void): void
  /** Does not call back any more. */
  cancel(): void
  /** False when the word in the memory did not say that the lock is held here. */
  unlock(): boolean
  close(): void
}

/** Not there yet; there; left in good order; lost. */
export type NativePeer = 0 | 1 | 2 | 3

export interface Addon {
  setErrorFactory(createError: (code: SharedChannelErrorCode, message: string) => Error): void
  /** Loads the library and checks what it exports, on this thread, without starting anything; throws what `openPlugin` rejects with. */
  checkPlugin(path: string): void
  /** See Environment in src/addon/environment.hpp. */
  whenShared(callback: () => void): void
  useSocket(otherEnds: () => void): number
  openMail(): void
  tellOthers(): void
  NativePlugin: new (
    view: Uint8Array,
    sendCapacity: number,
    receiveCapacity: number,
    path: string,
    optionsJson: string,
    updateInterval: number | undefined,
    shutdownTimeout: number,
    program: string | undefined,
    hangTimeout: number | undefined,
    onRing: () => void,
    onEvent: NativeEventListener,
  ) => NativePlugin
  NativeServedPlugin: new (
    handle: string,
    trusted: boolean,
    path: string,
    optionsJson: string,
    updateInterval: number | undefined,
    shutdownTimeout: number,
    onEvent: NativeEventListener,
  ) => NativeServedPlugin
  NativeSegment: {
    new (size: number): NativeSegment
    new (handle: string, readOnly: boolean, trusted: boolean): NativeSegment
  }
  NativeChannel: {
    new (capacity0: number, capacity1: number): NativeChannel
    new (handle: string, trusted: boolean): NativeChannel
  }
  NativeMutex: new (segment: NativeSegment, offset: number) => NativeMutex
  NativeWatch: new (pid: number, startTime: string, onEnd: () => void) => { close(): void }
  processIdentity(): ProcessIdentity
  /** Detaches the buffer of a view; it is a resizable ArrayBuffer. */
  detach(view: Uint8Array): void
}

let path: string | undefined
let addon: Addon | undefined

/** The addon's file: beside this package, unless `useAddon` said otherwise. */
export function addonPath(): string {
  // Only when it is asked for: in code that was bundled, this file may have no address.
  path ??= fileURLToPath(new URL('../build/Release/shared_channel.node', import.meta.url))
  return path
}

/**
 * Says where the addon is, when it is not beside this package: in code that was bundled. To be called before anything else
 * of this package. The program that hosts plugins outside is taken from the same folder.
 *
 * @param file Absolute path, as `addonPath` gives it where the package was not bundled.
 * @throws SharedChannelError `INVALID_ARGUMENT` for a relative path, and when another addon is loaded already.
 * @example
 * useAddon('/opt/app/resources/app.asar.unpacked/node_modules/@shared-channel/native/build/Release/shared_channel.node')
 */
export function useAddon(file: string): void {
  if (typeof file !== 'string' || !isAbsolute(file)) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `The addon's path must be absolute; it is ${JSON.stringify(file)}.`,
    )
  }
  if (addon !== undefined && file !== path) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `The addon is loaded already, from ${path}. Call useAddon before anything else of @shared-channel/native.`,
    )
  }
  path = file
}

/** The program that hosts plugins outside. Electron cannot start one that lies in an archive. */
export function hostProgram(): string {
  return join(dirname(addonPath()), 'shared-channel-host').replace(/([\\/]app\.asar)(?=[\\/])/, '$1.unpacked')
}

/**
 * The addon, loaded at the first call.
 *
 * @throws SharedChannelError `NOT_SUPPORTED` when it cannot be loaded, with what was tried and what to do.
 */
export function loadAddon(): Addon {
  if (addon !== undefined) return addon
  try {
    const file = addonPath()
    const loaded: Addon = createRequire(file)(file)
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
