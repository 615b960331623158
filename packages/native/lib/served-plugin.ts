// A plugin that runs here for somebody elsewhere: at the other end of a channel that another process made.
import { SharedChannelError } from '@shared-channel/core'
import { loadAddon, type NativeEventListener, type NativeServedPlugin } from './addon.ts'
import { callBack, log, type PluginInfo, pluginInfo } from './plugin-events.ts'
import {
  checkTime,
  DEFAULT_SHUTDOWN_TIMEOUT,
  libraryPath,
  type OpenPluginOptions,
  optionsJson,
} from './plugin-options.ts'

/** How to serve a plugin; what is not said here is as in {@link OpenPluginOptions}. */
export interface ServePluginOptions
  extends Pick<OpenPluginOptions, 'options' | 'updateInterval' | 'shutdownTimeout' | 'allowRelative' | 'onLog'> {
  /**
   * Who made the channel belongs to this application; see `openSharedBuffer`. That is for the channel, and for the buffers that
   * are posted to the plugin. Default false.
   */
  trusted?: boolean
  /** Gets the errors that the plugin reports while it goes on. Default: the console. */
  onError?: (error: SharedChannelError) => void
}

/** A plugin that runs in this process, on a thread of its own, at side 1 of a channel. */
export interface ServedPlugin {
  readonly info: PluginInfo
  /** The library's file. */
  readonly path: string
  /**
   * When it has ended and everything is let go of; never rejects. With why, unless side 0 has closed the channel or `stop` was
   * called: `PEER_LOST` when side 0 has ended without a word; `CORRUPT`, `MESSAGE_TOO_LARGE`, `OUT_OF_MEMORY`; `PLUGIN_ERROR`
   * when the plugin did not return in time. For side 0 the channel is then lost.
   */
  readonly ended: Promise<SharedChannelError | undefined>
  /**
   * Has the plugin shut down; side 0 sees the channel closed. Safe to call again.
   *
   * @returns When it has ended, or had `shutdownTimeout` for it: then its thread is left behind.
   */
  stop(): Promise<void>
}

/**
 * Opens side 1 of a channel that `createChannel` made in another process, and runs a plugin there. Messages go between that process
 * and the plugin's thread; JavaScript of this process is not involved, and its event loop is kept alive until the plugin has
 * ended. The end of this process is `PEER_LOST` for side 0, as with any channel; so is a plugin that fails to start, whose
 * reason is known here only.
 *
 * @param handle What `createChannel` gave, brought here in any way.
 * @param path Absolute path of the library; without an extension the platform's is added (`.so`).
 * @param options See {@link ServePluginOptions}.
 * @returns The plugin, once it is initialized.
 * @throws SharedChannelError (as a rejection) as `openChannel` for the handle, and as `openPlugin` for the plugin.
 * @example
 * process.parentPort.on('message', async ({ data: { handle } }) => {
 *   const plugin = await servePlugin(handle, '/abs/libcamera', { trusted: true })
 *   const reason = await plugin.ended
 *   if (reason !== undefined) console.warn(reason.message)
 * })
 */
export async function servePlugin(
  handle: string,
  path: string,
  options: ServePluginOptions = {},
): Promise<ServedPlugin> {
  if (typeof handle !== 'string') {
    throw new SharedChannelError('INVALID_ARGUMENT', `A handle is a text; this is a ${typeof handle}.`)
  }
  const plugin = new Served(handle, libraryPath(path, options.allowRelative === true), options)
  await plugin.opened
  return plugin
}

class Served implements ServedPlugin {
  readonly path: string
  readonly opened: Promise<void>
  readonly ended: Promise<SharedChannelError | undefined>
  readonly #native: NativeServedPlugin
  readonly #shutdownTimeout: number
  readonly #options: ServePluginOptions
  #info: PluginInfo | undefined
  #settleOpened!: { resolve: () => void; reject: (reason: unknown) => void }
  #settleEnded!: (reason: SharedChannelError | undefined) => void
  #stopping: Promise<void> | undefined

  constructor(handle: string, path: string, options: ServePluginOptions) {
    this.path = path
    this.#options = options
    this.#shutdownTimeout = checkTime('shutdownTimeout', options.shutdownTimeout, DEFAULT_SHUTDOWN_TIMEOUT)
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject }
    })
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve
    })
    this.#native = new (loadAddon().NativeServedPlugin)(
      handle,
      options.trusted === true,
      path,
      optionsJson(options.options),
      checkTime('updateInterval', options.updateInterval, undefined),
      this.#shutdownTimeout,
      this.#onEvent,
    )
  }

  get info(): PluginInfo {
    if (this.#info === undefined) throw new SharedChannelError('CLOSED', 'The plugin is not open.')
    return this.#info
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#native.stop()
    const timer = setTimeout(() => {
      const reason = `${this.#who()} did not return within ${this.#shutdownTimeout} ms after it was told to stop. Its thread is left behind with the memory it may touch. Let its callbacks and loops look at stopping().`
      this.#hasEnded(new SharedChannelError('PLUGIN_ERROR', reason))
    }, this.#shutdownTimeout)
    await this.ended
    clearTimeout(timer)
  }

  readonly #onEvent: NativeEventListener = (kind, code, text, level, name, version, abiMinor) => {
    switch (kind) {
      case 'ready':
        this.#info = pluginInfo(name, version, abiMinor)
        this.#settleOpened.resolve()
        break
      case 'log':
        log(this.#info?.name ?? this.path, this.#options.onLog, level, text)
        break
      case 'error':
        callBack(
          this.#options.onError ?? console.error,
          new SharedChannelError(code || 'PLUGIN_ERROR', `${this.#who()}: ${text}`),
        )
        break
      case 'ended':
        this.#hasEnded(code === '' ? undefined : new SharedChannelError(code, text))
    }
  }

  #hasEnded(reason: SharedChannelError | undefined): void {
    this.#native.close()
    this.#settleOpened.reject(
      reason ?? new SharedChannelError('PLUGIN_INIT_FAILED', 'The plugin ended while it opened.'),
    )
    this.#settleEnded(reason)
  }

  #who(): string {
    return this.#info === undefined ? this.path : `The plugin "${this.#info.name}"`
  }
}
