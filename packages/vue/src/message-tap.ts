import {
  checkReceived,
  latestMessage,
  type MessageHandler,
  type Protocol,
  type ReceiveName,
  type ReceivePayload,
  type SharedChannel,
  Store,
} from '@shared-channel/core'
import { type ShallowRef, shallowReadonly, shallowRef } from 'vue'
import { type Presence, usePresence } from './presence.ts'
import { onRelease } from './scope.ts'

/** Hands on what comes in over whichever channel is open: to components while they are shown. */
export class MessageTap<P extends Protocol> {
  readonly #channel = new Store<SharedChannel<P> | null>(null)
  readonly #protocol: () => P
  readonly #presence: Presence

  /** @param presence Of the component that opens the channel: for what is not asked for by another one. */
  constructor(protocol: () => P, presence: Presence) {
    this.#protocol = protocol
    this.#presence = presence
  }

  /** Hands on what this channel hands out, to its end: one that is closed empties its ring first. */
  use(channel: SharedChannel<P> | null): void {
    this.#channel.set(channel)
    void channel?.closed.then(() => {
      if (this.#channel.get() === channel) this.#channel.set(null)
    })
  }

  on<Name extends ReceiveName<P>>(type: Name, handler: MessageHandler<ReceivePayload<P, Name>>): () => void {
    checkReceived(this.#protocol(), type)
    const presence = usePresence(this.#presence)
    let isOver = false
    const stop = this.#follow((channel) => {
      if (channel === null || channel.isClosed) return () => {}
      const isView = channel.protocol.receive[type]?.codec.input === 'view'
      return channel.on(type, (data) => {
        if (presence.get()) return handler(data)
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
    const presence = usePresence(this.#presence)
    const shown = shallowRef<ReceivePayload<P, Name>>()
    let newest: ReceivePayload<P, Name> | undefined
    const show = () => {
      if (presence.get()) shown.value = newest
    }
    const stop = this.#follow((channel) =>
      latestMessage(channel, type).subscribe((data) => {
        newest = data
        show()
      }),
    )
    const stopShowing = presence.subscribe(show)
    onRelease(() => {
      stop()
      stopShowing()
    })
    return shallowReadonly(shown)
  }

  /** Has `attach` called with the channel, and with each one that comes in its place. */
  #follow(attach: (channel: SharedChannel<P> | null) => () => void): () => void {
    let detach: (() => void) | undefined
    const stop = this.#channel.subscribe((channel) => {
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
