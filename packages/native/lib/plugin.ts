import { type Link, type LinkListener, SharedChannelError, segmentSize } from '@shared-channel/core'
import { loadAddon, type NativeEventListener, type NativePlugin } from './addon.ts'
import { allocateForChannel } from './memory.ts'
import {
  checkCapacity,
  checkTime,
  DEFAULT_CAPACITY,
  DEFAULT_SHUTDOWN_TIMEOUT,
  type LogLine,
  libraryPath,
  type OpenPluginOptions,
  optionsJson,
} from './plugin-options.ts'

/** What a plugin says it is. */
export interface PluginInfo {
  readonly name: string
  readonly version: string
  /** `major.minor` of plugin.h: as the plugin was compiled, or, for one of plugin_interface.h, as it is adapted to here. */
  readonly abi: string
}

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
}

const ABI_MAJOR = 1
const LEVELS = ['debug', 'info', 'warn', 'error'] as const
/**
 * Opens a plugin: loads the library, starts a thread for this instance, and runs the plugin's `initialize` there. Any
 * number of plugins and instances may be open at once, on the main thread and in workers; of a plugin of
 * plugin_interface.h one instance.
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
  const sendCapacity = checkCapacity('sendCapacity', options.sendCapacity)
  const receiveCapacity = checkCapacity('receiveCapacity', options.receiveCapacity)
  const view = allocateForChannel(segmentSize(sendCapacity, receiveCapacity))
  return openPluginOver(view, path, { ...options, sendCapacity, receiveCapacity })
}

/** The same over memory of the caller's choice; `view` has exactly the size that the capacities need. */
export async function openPluginOver(view: Uint8Array, path: string, options: OpenPluginOptions): Promise<Plugin> {
  const { signal } = options
  if (signal?.aborted) throw signal.reason
  const link = new PluginLink(view, libraryPath(path, options.allowRelative === true), options)
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

/** Hears what no channel hears. */
const CONSOLE: LinkListener = {
  wake: () => {},
  error: (error) => console.error(error),
  ended: (reason) => {
    if (reason !== undefined) console.error(reason)
  },
}

/** One plugin instance as a link. It holds the event loop while it opens and while it closes. */
class PluginLink implements Plugin {
  readonly side = 0
  readonly path: string
  readonly opened: Promise<void>

  /** All of the memory. The addon finds it by this view, which must live as long as the mapping. */
  readonly #view: Uint8Array
  readonly #native: NativePlugin
  readonly #shutdownTimeout: number
  readonly #onLog: ((line: LogLine) => void) | undefined
  #info: PluginInfo | undefined
  #listener: LinkListener | undefined
  #early: ((listener: LinkListener) => void)[] = []
  #settleOpened!: { resolve: () => void; reject: (reason: unknown) => void }
  #ended = false
  #holdsEventLoop = false
  #whenEnded: () => void = () => {}
  #stopping: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(view: Uint8Array, path: string, options: OpenPluginOptions) {
    const addon = loadAddon()
    this.#view = view
    this.path = path
    this.#onLog = options.onLog
    this.#shutdownTimeout = checkTime('shutdownTimeout', options.shutdownTimeout, DEFAULT_SHUTDOWN_TIMEOUT)
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject }
    })
    this.#native = new addon.NativePlugin(
      view,
      options.sendCapacity ?? DEFAULT_CAPACITY,
      options.receiveCapacity ?? DEFAULT_CAPACITY,
      path,
      optionsJson(options.options),
      checkTime('updateInterval', options.updateInterval, undefined),
      this.#shutdownTimeout,
      () => this.#listener?.wake(),
      this.#onEvent,
    )
    this.ref()
  }

  get memory(): ArrayBufferLike {
    if (this.#closing !== undefined) throw closedError()
    return this.#view.buffer
  }

  get info(): PluginInfo {
    if (this.#info === undefined) throw new SharedChannelError('CLOSED', 'The plugin is not open.')
    return this.#info
  }

  wakePeer(): void {
    this.#native.wakePeer()
  }

  exchange(memory: ArrayBufferView): number {
    if (this.#closing !== undefined) throw closedError()
    return this.#native.exchange(bytesOf(memory))
  }

  listen(listener: LinkListener): void {
    if (this.#listener !== undefined) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        'This plugin already has a channel; open the plugin once more for another.',
      )
    }
    if (this.#closing !== undefined) throw closedError()
    this.#listener = listener
    // Soon, so that whoever makes the channel can say first who hears of errors.
    queueMicrotask(() => {
      for (const tell of this.#early) tell(listener)
      this.#early = []
    })
  }

  ref(): void {
    if (this.#holdsEventLoop) return // channels ask often, and a call into the addon is not free
    this.#holdsEventLoop = true
    this.#native.ref()
  }

  unref(): void {
    if (!this.#holdsEventLoop) return
    this.#holdsEventLoop = false
    this.#native.unref()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Nobody waits for it to open any more. */
  giveUp(reason: unknown): void {
    if (this.#info !== undefined) return
    this.#settleOpened.reject(reason)
    void this.close()
  }

  async #stop(): Promise<void> {
    if (this.#ended) return
    this.ref()
    this.#native.stop()
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#shutdownTimeout)
      this.#whenEnded = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    if (this.#ended) return
    this.#tell((listener) =>
      listener.error(
        new SharedChannelError(
          'PLUGIN_ERROR',
          `${this.#who()} did not return within ${this.#shutdownTimeout} ms after it was told to stop. Its thread is left behind with the memory it may touch. Let its callbacks and loops look at stopping().`,
        ),
      ),
    )
  }

  async #close(): Promise<void> {
    await this.stop()
    this.#native.close()
    // Without a channel there is nobody else to tell.
    for (const tell of this.#early) tell(CONSOLE)
    this.#early = []
  }

  readonly #onEvent: NativeEventListener = (kind, code, text, level, name, version, abiMinor) => {
    switch (kind) {
      case 'ready':
        this.#info = { name, version, abi: `${ABI_MAJOR}.${abiMinor}` }
        this.unref()
        this.#settleOpened.resolve()
        break
      case 'log':
        this.#log({ level: LEVELS[level] ?? 'info', text })
        break
      case 'error':
        this.#tell((listener) =>
          listener.error(new SharedChannelError(code || 'PLUGIN_ERROR', `${this.#who()}: ${text}`)),
        )
        break
      case 'ended':
        this.#hasEnded(code === '' ? undefined : new SharedChannelError(code, text))
    }
  }

  #hasEnded(reason: SharedChannelError | undefined): void {
    this.#ended = true
    if (this.#info === undefined) {
      // It never opened: nobody has the link, so it goes with the rejection.
      this.#native.close()
      this.#settleOpened.reject(
        reason ?? new SharedChannelError('PLUGIN_INIT_FAILED', 'The plugin ended while it opened.'),
      )
    } else {
      this.#tell((listener) => listener.ended(reason))
    }
    this.#whenEnded()
  }

  #who(): string {
    return this.#info === undefined ? this.path : `The plugin "${this.#info.name}"`
  }

  #log(line: LogLine): void {
    try {
      if (this.#onLog !== undefined) this.#onLog(line)
      else console[line.level](`[${this.#info?.name ?? this.path}] ${line.text}`)
    } catch (error) {
      console.error(error) // an exception may not reach the addon
    }
  }

  #tell(what: (listener: LinkListener) => void): void {
    if (this.#listener !== undefined) what(this.#listener)
    else this.#early.push(what)
  }
}

function closedError(): SharedChannelError {
  return new SharedChannelError('CLOSED', 'This plugin is closed; open it again.')
}

/** The bytes that a view covers now. The engine checks them: a view may have lost its buffer, or a part of it. */
function bytesOf(view: ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(view)) {
    try {
      return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    } catch (cause) {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        'The memory for exchange is gone: its buffer was detached (transferred, or grown) or is too short by now. Make a new view.',
        { cause },
      )
    }
  }
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `The memory for exchange must be a typed array, a DataView or a Buffer; it is ${describe(view)}.`,
  )
}

function describe(value: unknown): string {
  return value === null || typeof value !== 'object' ? String(value) : Object.prototype.toString.call(value)
}
