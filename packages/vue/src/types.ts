import type {
  ChannelOptions,
  Connection,
  ConnectionKey,
  ConnectionOptions,
  ConnectionState,
  ConnectionStatus,
  MessageHandler,
  Protocol,
  ReceiveName,
  ReceivePayload,
} from '@shared-channel/core'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'

/**
 * What `useSharedChannel` opens. Each option may be a ref or a getter. Only another key opens another channel; the other options
 * count at the next attempt to connect, as they are then.
 */
export interface SharedChannelOptions<P extends Protocol> {
  /** What tells this channel from others, compared by value. With another one the channel is closed and that key's opened. */
  readonly key: MaybeRefOrGetter<ConnectionKey>
  /** See `ConnectionOptions.connect` of core. */
  readonly connect: MaybeRefOrGetter<ConnectionOptions<P>['connect']>
  readonly protocol: MaybeRefOrGetter<P>
  /** See `ConnectionOptions.retry` of core; by default it is not tried again. */
  readonly retry?: MaybeRefOrGetter<number | ((attempt: number, error: unknown) => boolean)> | undefined
  /** See `ConnectionOptions.retryDelay` of core; milliseconds. */
  readonly retryDelay?: MaybeRefOrGetter<number | ((attempt: number, error: unknown) => number)> | undefined
  /**
   * Whether an error that leaves the status `'error'` is thrown, to `onErrorCaptured` of the components above and
   * `app.config.errorHandler`; a function decides by the error. Default false.
   */
  readonly throwOnError?: MaybeRefOrGetter<boolean | ((error: unknown) => boolean)> | undefined
  /** Limits and times of the channel. */
  readonly channelOptions?: MaybeRefOrGetter<ChannelOptions> | undefined
}

/** Where the channel is, and what can be done with it. All functions may be taken apart. */
export interface SharedChannelResult<P extends Protocol> extends Pick<Connection<P>, 'send' | 'reconnect' | 'close'> {
  /** See `ConnectionStatus` of core; `'connecting'` on a server, `'closed'` once the scope has ended. */
  readonly status: Readonly<ShallowRef<ConnectionStatus>>
  /** Why the last attempt failed or its channel was lost; null when it was not. */
  readonly error: Readonly<ShallowRef<unknown>>
  /** The open channel, or null. */
  readonly channel: Readonly<ShallowRef<ConnectionState<P>['channel']>>
  /**
   * The newest message of one type, for templates: updated at most once a frame, however many come, and not while the component
   * is deactivated.
   *
   * @param type The message's name in the protocol. Of views of shared memory (`bytes({ view: true })`) it is a copy.
   * @returns `undefined` before the first message of a key. It follows the channel when that is opened again.
   * @throws SharedChannelError `INVALID_ARGUMENT` for an unknown name.
   * @example
   * const level = latest('level') // <meter :value="level ?? 0" />
   */
  latest<Name extends ReceiveName<P>>(type: Name): Readonly<ShallowRef<ReceivePayload<P, Name> | undefined>>
  /**
   * Calls `handler` with each message of one type, without an update, also when the channel is opened again. While the component
   * that has called this is deactivated (by `<KeepAlive>`), messages wait for it, in order. Ends with the scope that it is
   * called in.
   *
   * @param type The message's name in the protocol.
   * @param handler Called in order; see `SharedChannel.on`. A view that has to wait is copied.
   * @returns Takes the handler away again; safe to call twice.
   * @throws SharedChannelError `INVALID_ARGUMENT` for an unknown name.
   * @example
   * on('frame', (pixels) => draw(canvas.value, pixels))
   */
  on<Name extends ReceiveName<P>>(type: Name, handler: MessageHandler<ReceivePayload<P, Name>>): () => void
}
