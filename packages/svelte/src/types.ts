import type {
  Connection,
  ConnectionKey,
  ConnectionOptions,
  ConnectionState,
  MessageHandler,
  Protocol,
  ReceiveName,
  ReceivePayload,
} from '@shared-channel/core'
import type { Readable } from 'svelte/store'

/** What `sharedChannel` opens. */
export interface SharedChannelOptions<P extends Protocol> extends ConnectionOptions<P> {
  /** What tells one channel from another, compared by value: another key closes the channel and opens another one. */
  readonly key: ConnectionKey
  /**
   * Whether reading the status, the error or the channel throws the error when the status is `'error'`, so that a
   * `<svelte:boundary>` around the reader shows it. A function says it for each error. Default false.
   */
  readonly throwOnError?: boolean | ((error: unknown) => boolean) | undefined
}

/**
 * Where options come from: the options themselves; a function that reads them from state, called again when that changes
 * (in Svelte 4 once); or a store of them.
 */
export type OptionsSource<P extends Protocol> =
  | SharedChannelOptions<P>
  | (() => SharedChannelOptions<P>)
  | Readable<SharedChannelOptions<P>>

/** What is done with a channel, whichever is open now. None of them needs `this`. */
export type SharedChannelMethods<P extends Protocol> = Pick<Connection<P>, 'send' | 'reconnect' | 'close'>

/** The value of the store: `$camera`. */
export interface SharedChannelValue<P extends Protocol> extends ConnectionState<P>, SharedChannelMethods<P> {}

/** A channel as a readable store. It is open while anybody is subscribed: to it, to a `latest`, or by `on`. */
export interface SharedChannelStore<P extends Protocol>
  extends Readable<SharedChannelValue<P>>,
    SharedChannelMethods<P> {
  /**
   * The newest message of one type, for whoever shows it: updated at most once a frame, however many come.
   *
   * @param type The message's name in the protocol.
   * @returns A store; `undefined` before the first message of a channel. It follows the channel when that is opened again.
   * @example
   * const level = camera.latest('level') // <meter value={$level ?? 0}>
   */
  latest<Name extends ReceiveName<P>>(type: Name): Readable<ReceivePayload<P, Name> | undefined>
  /**
   * Calls `handler` with each message of one type, without an update, also when the channel is opened again.
   *
   * @param type The message's name in the protocol.
   * @param handler Called in order; see `SharedChannel.on`.
   * @returns Takes the handler away again; safe to call twice.
   * @example
   * $effect(() => camera.on('frame', draw)) // in Svelte 4: onMount(() => camera.on('frame', draw))
   */
  on<Name extends ReceiveName<P>>(type: Name, handler: MessageHandler<ReceivePayload<P, Name>>): () => void
}
