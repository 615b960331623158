// What the two ends of a port that carries a channel tell each other.
import { type Progress, SharedChannelError } from '@shared-channel/core'
import { unpackError } from './plain-error.ts'

/** @typeParam E An error: plain on its way, made anew where it arrives. */
export type PortMessage<E> =
  /** The first message of either end. */
  | {
      readonly type: 'open'
      /** Bytes of ring 0 and ring 1. */
      readonly capacities: readonly [number, number]
      /** May memory be transferred to this end? */
      readonly takesTransfers: boolean
      /** Is there something behind this end that can be ended by force? */
      readonly canBeStopped: boolean
    }
  /** What the side here has done; the far mirror does it there. */
  | ({ readonly type: 'progress' } & Progress)
  /** This side reads and writes no more; the reason, when nobody asked it to. */
  | { readonly type: 'ended'; readonly reason?: E }
  /** End what is behind your end; `ended` follows. */
  | { readonly type: 'stop' }
  /** Something went wrong that ends nothing. */
  | { readonly type: 'error'; readonly error: E }
  /** What is behind this end has ended, and will be back. */
  | { readonly type: 'interrupted'; readonly reason: E }
  /** It is back, with empty rings; and the answer, from which on progress is in the new rings. */
  | { readonly type: 'resumed' }

/** A message from the other process; undefined for one that cannot be. Its numbers are not checked. */
export function readMessage(value: unknown): PortMessage<SharedChannelError> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const message = value as Record<string, unknown>
  switch (message.type) {
    case 'progress': {
      const { bytes, room, state } = message
      return isOptional(bytes, isArrayBuffer) && isOptional(room, isNumber) && isOptional(state, isNumber)
        ? {
            type: 'progress',
            ...(bytes !== undefined && { bytes }),
            ...(room !== undefined && { room }),
            ...(state !== undefined && { state }),
          }
        : undefined
    }
    case 'open': {
      const { capacities, takesTransfers, canBeStopped } = message
      return isPair(capacities) && typeof takesTransfers === 'boolean' && typeof canBeStopped === 'boolean'
        ? { type: 'open', capacities, takesTransfers, canBeStopped }
        : undefined
    }
    case 'ended':
      if (message.reason === undefined) return { type: 'ended' }
      return { type: 'ended', reason: unpackError(message.reason) }
    case 'error':
      return { type: 'error', error: unpackError(message.error) }
    case 'interrupted':
      return { type: 'interrupted', reason: unpackError(message.reason) }
    case 'stop':
    case 'resumed':
      return { type: message.type }
    default:
      return undefined
  }
}

const isOptional = <T>(value: unknown, is: (value: unknown) => value is T): value is T | undefined =>
  value === undefined || is(value)

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** By name, since it may be of another realm; what was cloned cannot lie about it. */
export const isArrayBuffer = (value: unknown): value is ArrayBuffer =>
  Object.prototype.toString.call(value) === '[object ArrayBuffer]'

const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every(isNumber)

export const corrupt = (found: string): SharedChannelError =>
  new SharedChannelError('CORRUPT', `The other end of the port sent ${found}. Open a new channel.`)

export const portClosed = (): SharedChannelError =>
  new SharedChannelError('PEER_LOST', 'The port was closed, or the process at its other end has ended.')
