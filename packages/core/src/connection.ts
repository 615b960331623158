/**
 * A channel that is open while somebody uses it: what the packages for React, Vue and Svelte are made of. It connects for its
 * first subscriber, tries again where it is told to, and lets go after the last.
 *
 * At most one channel of a connection is open at a time: the next one is asked for when the last has let go.
 */
import { SharedChannel } from './channel.ts'
import type { ChannelOptions } from './channel-options.ts'
import { checkNumber } from './checks.ts'
import { SharedChannelError } from './errors.ts'
import type { Link } from './link.ts'
import type { Protocol, SendName, SendPayload } from './protocol.ts'
import { type Readable, Store } from './store.ts'
import { LONGEST_TIMEOUT } from './waiting.ts'

/**
 * `'connecting'`, also before anybody has subscribed, on a server, and between two attempts; `'open'`; `'closed'` by `close` or by
 * the other side, in good order; `'error'` when it could not be opened or was lost, and is not tried again.
 */
export type ConnectionStatus = 'connecting' | 'open' | 'closed' | 'error'

/** Where a {@link Connection} is. The channel is there while the status is `'open'`. */
export interface ConnectionState<P extends Protocol> {
  readonly status: ConnectionStatus
  /** Why the last attempt failed or its channel was lost; null when it was not. */
  readonly error: unknown
  readonly channel: SharedChannel<P> | null
}

export interface ConnectionOptions<P extends Protocol> {
  /**
   * Reaches the other side: `(signal) => connect('camera', { signal })`. The signal aborts when nobody wants the channel any
   * more; a link that comes all the same is closed.
   */
  readonly connect: (signal: AbortSignal) => Link | Promise<Link>
  readonly protocol: P
  /** Of the channel. */
  readonly channelOptions?: ChannelOptions | undefined
  /**
   * Whether to try again after a failure: how many times in a row, or a function of their number so far (from 0) and the error.
   * A channel that was open for 10 s ends the row. Default 0. Also when an open channel is lost.
   */
  readonly retry?: number | ((attempt: number, error: unknown) => boolean) | undefined
  /** Milliseconds before each new attempt, or a function of its number (from 0). Default 1,000, doubled each time up to 30,000. */
  readonly retryDelay?: number | ((attempt: number, error: unknown) => number) | undefined
}

const CONNECTING = Object.freeze({ status: 'connecting', error: null, channel: null })
const CLOSED = Object.freeze({ status: 'closed', error: null, channel: null })
/** A channel that was open for so long ends a row of failures, in milliseconds. */
const STABLE_TIME = 10_000

/**
 * A channel that is open while somebody uses it.
 *
 * @example
 * const camera = new Connection({ connect: (signal) => connect('camera', { signal }), protocol: Camera, retry: 3 })
 * const leave = camera.subscribe(({ status, channel }) => show(status, channel))
 */
export class Connection<P extends Protocol> implements Readable<ConnectionState<P>> {
  /** Those of the next attempt: whoever has newer ones puts them here. */
  options: ConnectionOptions<P>

  readonly #state: Store<ConnectionState<P>>
  #attempt: AbortController | undefined
  /** When the channel before has let go. */
  #released: Promise<unknown> = Promise.resolve()

  /** @param options See {@link ConnectionOptions}. Nothing is connected before the first `subscribe`. */
  constructor(options: ConnectionOptions<P>) {
    this.options = options
    this.#state = new Store<ConnectionState<P>>(CONNECTING, () => {
      this.#open()
      return () => void this.#release(CONNECTING)
    })
    this.get = this.#state.get
    this.subscribe = this.#state.subscribe
  }

  readonly get: () => ConnectionState<P>
  readonly subscribe: (run: (state: ConnectionState<P>) => void) => () => void

  /** Whether anybody is subscribed. */
  get isWanted(): boolean {
    return this.#state.isWanted
  }

  /**
   * Sends over the channel as it is now; see {@link SharedChannel.send}.
   *
   * @throws SharedChannelError `CLOSED` while there is none; what `SharedChannel.send` throws.
   */
  readonly send = <Name extends SendName<P>>(type: Name, payload: SendPayload<P, Name>): boolean => {
    const { status, channel } = this.get()
    if (channel !== null) return channel.send(type, payload)
    throw new SharedChannelError('CLOSED', `There is no open channel to send over; the status is "${status}".`)
  }

  /** Closes the channel, if there is one, and connects anew, if anybody is subscribed. */
  readonly reconnect = (): void => {
    void this.#release(CONNECTING)
    if (this.isWanted) this.#open()
  }

  /**
   * Closes the channel and leaves it so until `reconnect`, or until everyone has left and somebody comes again.
   *
   * @returns When the channel has let go.
   */
  readonly close = async (): Promise<void> => {
    await this.#release(CLOSED)
  }

  #open(): void {
    this.#attempt = new AbortController()
    void this.#run(this.#attempt.signal)
  }

  #release(state: typeof CONNECTING | typeof CLOSED): Promise<unknown> {
    const { channel } = this.get()
    if (channel !== null) this.#released = channel.close()
    this.#attempt?.abort(new SharedChannelError('CLOSED', 'Nobody uses the connection any more.'))
    this.#attempt = undefined
    this.#state.set(state)
    return this.#released
  }

  /** Until it is released, or there is nothing left to try. */
  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; ; failures++) {
      // Later at any rate: a component that is mounted twice at once, as in React's StrictMode, connects once.
      await this.#released
      if (signal.aborted) return
      let error: unknown
      try {
        const channel = await this.#connect(signal)
        if (channel === undefined) return
        const openedAt = performance.now()
        this.#state.set({ status: 'open', error: null, channel })
        const { reason } = await channel.closed
        if (signal.aborted) return
        if (reason === undefined) return this.#state.set(CLOSED)
        error = reason
        if (performance.now() - openedAt >= STABLE_TIME) failures = 0
      } catch (failure) {
        if (signal.aborted) return
        error = failure
      }
      let delay: number | undefined
      try {
        delay = this.#delayAfter(failures, error)
      } catch (mistake) {
        error = mistake // of the options
      }
      if (delay === undefined) return this.#state.set({ status: 'error', error, channel: null })
      this.#state.set({ status: 'connecting', error, channel: null })
      await passed(delay, signal)
    }
  }

  /** @returns Nothing when it came too late. */
  async #connect(signal: AbortSignal): Promise<SharedChannel<P> | undefined> {
    const { connect, protocol, channelOptions } = this.options
    const link = await connect(signal)
    try {
      if (!signal.aborted) return new SharedChannel(link, protocol, channelOptions)
    } catch (error) {
      void link.close()
      throw error
    }
    void link.close()
    return undefined
  }

  /** @returns Milliseconds, or nothing when it is not tried again. */
  #delayAfter(attempt: number, error: unknown): number | undefined {
    const { retry = 0, retryDelay = Math.min(1000 * 2 ** attempt, 30_000) } = this.options
    if (!(typeof retry === 'function' ? retry(attempt, error) : attempt < retry)) return undefined
    const delay = typeof retryDelay === 'function' ? retryDelay(attempt, error) : retryDelay
    checkNumber('retryDelay', delay, LONGEST_TIMEOUT)
    return delay
  }
}

/** When the time has passed, or the signal aborts. */
function passed(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done)
  })
}
