import {
  latestMessage,
  type MessageHandler,
  type Protocol,
  type ReceiveName,
  type ReceivePayload,
  type SharedChannel,
  Store,
} from '@shared-channel/core'
import { type ShallowRef, shallowReadonly, shallowRef } from 'vue'
import { checkReceived } from './check-received.ts'
import { type Presence, usePresence } from './presence.ts'
import { onRelease } from './scope.ts'

/** Hands on what a channel hands out, whichever is open: to components while they are shown. */
export class MessageTap<P extends Protocol> {
  /** Whose messages are handed on. */
  readonly channel = new Store<SharedChannel<P> | null>(null)
  readonly #protocol: () => P
  readonly #presence: Presence | undefined

  /** @param presence Of the component that opens the channel: for what is not asked for by another one. */
  constructor(protocol: () => P, presence: Presence | undefined) {
    this.#protocol = protocol
    this.#presence = presence
  }

  on<Name extends ReceiveName<P>>(type: Name, handler: MessageHandler<ReceivePayload<P, Name>>): () => void {
    checkReceived(this.#protocol(), type)
    const presence = usePresence() ?? this.#presence
    let isOver = false
    const stop = this.#follow((channel) => {
      if (channel === null || channel.isClosed) return () => {}
      const isView = channel.protocol.receive[type]?.codec.input === 'view'
      return channel.on(type, (data) => {
        if (presence?.isShown.get() !== false) return handler(data)
        const kept = isView ? copyOf(data) : data
        presence.wait(() => isOver || handler(kept))
      })
    })
    return onRelease(() => {
      isOver = true
      stop()
    })
  }

  latest<Name extends ReceiveName<P>>(type: Name): Readonly<ShallowRef<ReceivePayload<P, Name> | undefined>> {
    checkReceived(this.#protocol(), type)
    const presence = usePresence() ?? this.#presence
    const shown = shallowRef<ReceivePayload<P, Name>>()
    let newest: ReceivePayload<P, Name> | undefined
    const show = () => {
      if (presence?.isShown.get() !== false) shown.value = newest
    }
    const stop = this.#follow((channel) =>
      latestMessage(channel, type).subscribe((data) => {
        newest = data
        show()
      }),
    )
    const stopShowing = presence?.isShown.subscribe(show)
    onRelease(() => {
      stop()
      stopShowing?.()
    })
    return shallowReadonly(shown)
  }

  /** Has `attach` called with the channel, and with each one that comes in its place. */
  #follow(attach: (channel: SharedChannel<P> | null) => () => void): () => void {
    let detach: (() => void) | undefined
    const stop = this.channel.subscribe((channel) => {
      detach?.()
      detach = attach(channel)
    })
    return () => {
      stop()
      detach?.()
    }
  }
}

/** A view is valid for as long as a handler runs. */
const copyOf = <T>(data: T): T => (isSliceable(data) ? data.slice() : data)

const isSliceable = <T>(data: T): data is T & { slice(): T } => ArrayBuffer.isView(data) && 'slice' in data
