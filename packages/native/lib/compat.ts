/**
 * A channel with the names of the ElectronSharedBuffer guide, for programs written to it: only their import lines change.
 * What polled there is woken here, and several messages may be on their way at once.
 */
import { bytes, defineProtocol, SharedChannel, SharedChannelError } from '@shared-channel/core'
import { checkPlugin, openPlugin } from './plugin.ts'
import { checkCapacity, checkTime, type OpenPluginOptions } from './plugin-options.ts'

export { MessageType, Protocol, type TypedMessage, typedMessage } from '@shared-channel/core/compat'

const Messages = defineProtocol({ both: { message: { id: 0, codec: bytes() } } })

/** A channel that is closed waits for its plugin no longer than this, in milliseconds: the next one may be waiting. */
const CLOSE_TIMEOUT = 500

/** How much may be sent before the plugin is open, in bytes, and what a message counts at least: as a channel's queue. */
const MAX_EARLY_BYTES = 64 * 1024 ** 2
const MIN_EARLY_BYTES = 64

let pluginPath: string | undefined

/** Loads plugins. */
export const nativeAddon = {
  /**
   * Loads a plugin. Channels that are made from now on belong to it, until another is loaded.
   *
   * @param path Absolute path of the library: one with `get_plugin_interface` (plugin_interface.h), or one made with
   *   `SHARED_CHANNEL_PLUGIN`.
   * @returns Whether it was loaded; the console says why not. The plugin loaded before then stays.
   * @example
   * if (!nativeAddon.loadPlugin('/abs/libmy_plugin.so')) showError()
   */
  loadPlugin(path: string): boolean {
    try {
      checkPlugin(path)
      pluginPath = path
      return true
    } catch (error) {
      console.error(error)
      return false
    }
  },
}

/**
 * Lets something happen at most once in an interval. What came too early happens once, at the interval's end.
 *
 * @example
 * channel.queueUpdateThrottle = new Throttle(200)
 */
export class Throttle {
  readonly interval: number
  #last = Number.NEGATIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  /**
   * @param interval Milliseconds, 0 or more.
   * @throws SharedChannelError `INVALID_ARGUMENT` for anything else.
   */
  constructor(interval: number) {
    this.interval = checkTime('interval', interval, 0)
  }

  /** Calls `action` now, or once when the interval is over. */
  run(action: () => void): void {
    if (this.#timer !== undefined) return
    const wait = this.#last + this.interval - performance.now()
    if (wait <= 0) {
      this.#last = performance.now()
      action()
      return
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#last = performance.now()
      action()
    }, wait)
  }

  /** Forgets what waits. */
  cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

/** Something to be done once the channel is open, and what to do when it cannot be opened. */
interface Early {
  run(channel: SharedChannel<typeof Messages>): void
  fail(reason: unknown): void
}

/**
 * A channel to the plugin that was loaded last. It opens in the background; what is sent until then waits, in order. When
 * it cannot be opened, or ends by itself, the console says why.
 *
 * @example
 * const channel = new SharedMemoryChannel(1024 * 1024, 1024 * 1024)
 * channel.startReceiving((message) => console.log(message))
 * channel.send(new Uint8Array([1, 2, 3]))
 */
export class SharedMemoryChannel {
  /**
   * Called some time after `send`, when no message waits for room any more; not more often than `queueUpdateThrottle`
   * allows.
   */
  onMessageQueueEmptyCallback: (() => void) | null = null
  /** How often `onMessageQueueEmptyCallback` may be called; at first without a limit. */
  queueUpdateThrottle = new Throttle(0)
  /** Without effect: nothing polls, a message that comes wakes the receiver. */
  recv_fast_check_interval = 0
  /** Without effect, as `recv_fast_check_interval`. */
  recv_slow_check_interval = 0

  /** What waits until the channel is open. */
  #early: Early[] | undefined = []
  #earlyBytes = 0
  #channel: SharedChannel<typeof Messages> | undefined
  #reason: unknown
  #callback: ((message: Uint8Array) => void) | undefined
  #stop: (() => void) | undefined
  #watchesQueue = false
  #isCleanedUp = false

  /**
   * @param rendererToNativeSize Bytes of the ring to the plugin, up to 1 GiB; rounded up to a power of two, at least 4 KiB.
   * @param nativeToRendererSize Bytes of the ring from the plugin, the same. Messages may be larger than either.
   * @throws SharedChannelError `INVALID_ARGUMENT` for an impossible size, or when no plugin was loaded.
   */
  constructor(rendererToNativeSize: number, nativeToRendererSize: number) {
    if (pluginPath === undefined) {
      throw new SharedChannelError('INVALID_ARGUMENT', 'No plugin is loaded. Call nativeAddon.loadPlugin(path) first.')
    }
    const sendCapacity = checkCapacity('rendererToNativeSize', rendererToNativeSize)
    const receiveCapacity = checkCapacity('nativeToRendererSize', nativeToRendererSize)
    void this.#open(pluginPath, { sendCapacity, receiveCapacity })
  }

  /**
   * Sends a message; it is copied before this returns.
   *
   * @throws SharedChannelError `CLOSED` after `cleanup`, and when the channel could not be opened or has ended, with the
   *   cause; `QUEUE_FULL` when more than 64 MiB wait for room; `INVALID_ARGUMENT` for anything but bytes.
   */
  send(messageBytes: Uint8Array): void {
    if (this.#early === undefined || this.#isCleanedUp) {
      this.#opened().send('message', messageBytes)
    } else {
      const copy = new Uint8Array(checkBytes(messageBytes))
      const kept = Math.max(copy.byteLength, MIN_EARLY_BYTES)
      if (this.#earlyBytes > 0 && this.#earlyBytes + kept > MAX_EARLY_BYTES) {
        throw new SharedChannelError('QUEUE_FULL', `${this.#earlyBytes} bytes already wait until the plugin is open.`)
      }
      this.#earlyBytes += kept
      this.#early.push({ run: (channel) => void channel.send('message', copy), fail: () => {} })
    }
    this.#watchQueue()
  }

  /**
   * Sends a message without a copy in the queue, behind those that wait. Leave its memory alone until the promise settles.
   *
   * @param wait_ms How long it may wait for room, in milliseconds.
   * @returns When all of it is in the ring. Rejects with `TIMEOUT`, and then the plugin sees nothing of it, or with what
   *   `send` throws.
   */
  async send_direct(messageBytes: Uint8Array, wait_ms: number): Promise<void> {
    if (this.#early === undefined || this.#isCleanedUp) {
      return this.#opened().sendDirect('message', messageBytes, { timeout: wait_ms })
    }
    const bytes = checkBytes(messageBytes)
    const wait = checkTime('wait_ms', wait_ms, 0)
    const early = this.#early
    const expired = new AbortController()
    return new Promise((resolve, reject) => {
      expired.signal.addEventListener('abort', () => reject(expired.signal.reason))
      const timer = setTimeout(
        () => expired.abort(new SharedChannelError('TIMEOUT', `The plugin did not take it within ${wait_ms} ms.`)),
        wait,
      )
      const settle = (action: () => void) => {
        clearTimeout(timer)
        action()
      }
      early.push({
        run: (channel) => {
          channel.sendDirect('message', bytes, { signal: expired.signal }).then(
            () => settle(resolve),
            (reason) => settle(() => reject(reason)),
          )
        },
        fail: (reason) => settle(() => reject(reason)),
      })
    })
  }

  /**
   * Calls `callback` with each message, which is a copy of its own. Called again, it takes the place of the one before.
   * Until there is one, messages stay in the ring, and the plugin waits when that is full.
   */
  startReceiving(callback: (message: Uint8Array) => void): void {
    this.stopReceiving()
    this.#callback = callback
    this.#stop = this.#channel?.on('message', callback)
  }

  /** Takes the callback away; messages that come stay in the ring. */
  stopReceiving(): void {
    this.#callback = undefined
    this.#stop?.()
    this.#stop = undefined
  }

  /** Sends what waits, then closes the channel and shuts its plugin down, in the background. Harmless to call again. */
  cleanup(): void {
    this.#isCleanedUp = true
    this.stopReceiving()
    this.queueUpdateThrottle.cancel()
    void this.#channel?.close()
  }

  async #open(path: string, capacities: OpenPluginOptions): Promise<void> {
    const early = this.#early ?? []
    try {
      const plugin = await openPlugin(path, capacities)
      this.#channel = new SharedChannel(plugin, Messages, { closeTimeout: CLOSE_TIMEOUT })
    } catch (error) {
      this.#early = undefined
      this.#reason = error
      console.error(error)
      for (const { fail } of early) fail(error)
      return
    }
    this.#early = undefined
    void this.#channel.closed.then(({ reason }) => {
      this.#reason = reason
      if (reason !== undefined) console.error(reason)
    })
    for (const { run } of early) {
      try {
        run(this.#channel)
      } catch (error) {
        console.error(error) // its sender has gone on long ago; too large, for instance
      }
    }
    if (this.#callback !== undefined) this.startReceiving(this.#callback)
    if (this.#isCleanedUp) this.cleanup()
    else this.#watchQueue()
  }

  #opened(): SharedChannel<typeof Messages> {
    if (this.#channel !== undefined && !this.#isCleanedUp) return this.#channel
    const cause = this.#reason
    const why = cause instanceof Error ? `: ${cause.message}` : ' by cleanup. Make a new one.'
    throw new SharedChannelError('CLOSED', `The channel is closed${why}`, cause === undefined ? {} : { cause })
  }

  #watchQueue(): void {
    const channel = this.#channel
    if (channel === undefined || this.#watchesQueue) return
    this.#watchesQueue = true
    channel.flush().then(
      () => {
        this.#watchesQueue = false
        if (channel.stats().queuedMessages > 0) this.#watchQueue()
        else if (!this.#isCleanedUp) this.queueUpdateThrottle.run(() => this.onMessageQueueEmptyCallback?.())
      },
      () => {}, // the channel has ended
    )
  }
}

function checkBytes(message: Uint8Array): Uint8Array {
  if (message instanceof Uint8Array) return message
  throw new SharedChannelError('INVALID_ARGUMENT', `A message must be a Uint8Array; it is a ${typeof message}.`)
}
