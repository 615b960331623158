// A plugin instance as a link: how a channel reaches it, and what becomes of it.
import { type LinkListener, SharedChannelError } from '@shared-channel/core'
import { hostProgram, loadAddon, type NativeEventListener, type NativePlugin } from './addon.ts'
import { sharedSegmentOf } from './buffer-memory.ts'
import { type Capabilities, capabilities } from './capabilities.ts'
import type { Plugin } from './plugin.ts'
import { callBack, log, type PluginInfo, pluginInfo } from './plugin-events.ts'
import {
  checkIsolation,
  checkTime,
  DEFAULT_CAPACITY,
  DEFAULT_SHUTDOWN_TIMEOUT,
  type Isolation,
  type LogLine,
  type OpenPluginOptions,
  optionsJson,
} from './plugin-options.ts'
import { BackOff, type PluginRestart } from './restart.ts'

/** Hears what no channel hears. */
const CONSOLE: LinkListener = {
  wake: () => {},
  error: (error) => console.error(error),
  ended: (reason) => {
    if (reason !== undefined) console.error(reason)
  },
  interrupted: () => 0,
  resumed: (replace) => {
    replace()
    return 0
  },
}

/** One plugin instance as a link. It holds the event loop while it opens and while it closes. */
export class PluginLink implements Plugin {
  readonly side = 0
  readonly path: string
  readonly opened: Promise<void>

  /** All of the memory. The addon finds it by this view, which must live as long as the mapping. */
  readonly #view: Uint8Array
  readonly #native: NativePlugin
  readonly #shutdownTimeout: number
  readonly #isolation: Isolation
  readonly #onLog: ((line: LogLine) => void) | undefined
  #info: PluginInfo | undefined
  #listener: LinkListener | undefined
  #early: ((listener: LinkListener) => void)[] = []
  #settleOpened!: { resolve: () => void; reject: (reason: unknown) => void }
  /** Nothing of it runs: it has ended, or will be started again. */
  #ended = false
  readonly #restartHandlers = new Set<(restart: PluginRestart) => void>()
  readonly #backOff = new BackOff()
  #restartTimer: ReturnType<typeof setTimeout> | undefined
  /** Why it is away, while it is, and how many messages were lost by that. */
  #interruption: SharedChannelError | undefined
  #lost = 0
  #holdsEventLoop = false
  #whenEnded: () => void = () => {}
  #stopping: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(view: Uint8Array, path: string, options: OpenPluginOptions) {
    this.#isolation = checkIsolation(options)
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
      this.#isolation.isOutside ? hostProgram() : undefined,
      this.#isolation.hangTimeout,
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
    const bytes = bytesOf(memory)
    return this.#native.exchange(bytes, sharedSegmentOf(bytes.buffer), bytes.byteOffset)
  }

  on(event: 'restart', handler: (restart: PluginRestart) => void): () => void {
    if (event !== 'restart' || typeof handler !== 'function') {
      throw new SharedChannelError(
        'INVALID_ARGUMENT',
        "A plugin has one event, 'restart', and a handler is a function.",
      )
    }
    const own = (restart: PluginRestart) => handler(restart)
    this.#restartHandlers.add(own)
    return () => {
      this.#restartHandlers.delete(own)
    }
  }

  capabilities(): Capabilities {
    if (!this.#isolation.isOutside) return capabilities()
    return {
      ...capabilities(),
      nativeInProcess: false,
      reason: 'The plugin runs in a process of its own: exchange copies memory that is not a SharedBuffer.',
    }
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
    if (this.#interruption !== undefined) listener.interrupted(this.#interruption)
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
    clearTimeout(this.#restartTimer)
    const interruption = this.#interruption
    if (interruption !== undefined && this.#ended) this.#tell((listener) => listener.ended(interruption))
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
          `${this.#who()} did not return within ${this.#shutdownTimeout} ms after it was told to stop. ${this.#isolation.isOutside ? 'Its process is killed' : 'Its thread is left behind with the memory it may touch'}. Let its callbacks and loops look at stopping().`,
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
        this.#info = pluginInfo(name, version, abiMinor)
        this.#backOff.started()
        if (this.#interruption !== undefined) this.#isBack(this.#interruption)
        else {
          this.unref()
          this.#settleOpened.resolve()
        }
        break
      case 'log':
        log(this.#info?.name ?? this.path, this.#onLog, level, text)
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
    } else if (reason !== undefined && this.#comesBack(reason)) {
      this.#startAgain(reason)
    } else {
      this.#tell((listener) => listener.ended(reason))
    }
    this.#whenEnded()
  }

  // ---- Restarts ----

  #comesBack(reason: SharedChannelError): boolean {
    if (!this.#isolation.restarts || this.#stopping !== undefined) return false
    if (this.#interruption !== undefined) return true
    if (reason.code !== 'PEER_LOST') return false
    const lost = (this.#listener ?? CONSOLE).interrupted(reason)
    this.#lost = lost ?? 0
    return lost !== undefined
  }

  #startAgain(reason: SharedChannelError): void {
    this.#interruption ??= reason
    this.#tell((listener) => listener.error(reason))
    this.#restartTimer = setTimeout(() => {
      this.#ended = false
      try {
        this.#native.restart()
      } catch (error) {
        this.#hasEnded(error as SharedChannelError) // no room for it now; there may be some later
      }
    }, this.#backOff.next())
  }

  #isBack(reason: SharedChannelError): void {
    // Else it is stopped anyway.
    if (this.#stopping !== undefined) return
    this.#interruption = undefined
    try {
      const listener = this.#listener ?? CONSOLE
      const lost = this.#lost + listener.resumed(() => this.#native.remap())
      listener.wake()
      const restart = { lost, reason, attempt: this.#backOff.attempt }
      for (const handler of this.#restartHandlers) callBack(handler, restart)
    } catch (error) {
      this.#native.stop()
      this.#tell((listener) => listener.ended(error as SharedChannelError))
    }
  }

  #who(): string {
    return this.#info === undefined ? this.path : `The plugin "${this.#info.name}"`
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
