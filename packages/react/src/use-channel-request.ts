import {
  type Protocol,
  type ReplyPayload,
  type RequestName,
  type SendPayload,
  type SharedChannel,
  SharedChannelError,
} from '@shared-channel/core'
import { useCallback, useInsertionEffect, useMemo, useRef, useState } from 'react'

interface RequestState<Reply> {
  /** The last answer; `undefined` before the first. It stays while the next call is open, and when that fails. */
  readonly data: Reply | undefined
  /** Why the last call failed; null when it did not. */
  readonly error: unknown
  /** Whether the last call is open. */
  readonly isPending: boolean
}

/** A call of the other side, and how it stands. The same object until something changes; the functions stay the same for a channel and its options. */
export interface ChannelRequest<Payload, Reply> extends RequestState<Reply> {
  /**
   * Calls the other side; the call before is given up if it is still open. What becomes of it is rendered; the promise is for
   * those who want to wait, and may be left alone.
   *
   * @returns The answer. Rejects with what `SharedChannel.request` rejects with, and with `CLOSED` without a channel and when the
   *   call was given up.
   */
  readonly request: (payload: Payload) => Promise<Reply>
  /** Gives the open call up, and forgets the answer and the error. */
  readonly reset: () => void
}

const IDLE = Object.freeze({ data: undefined, error: null, isPending: false })

/**
 * Calls the other side from a component. The last call wins: the one before is given up, as is an open one when the component
 * is unmounted or gets another channel.
 *
 * @param channel May be null or closed: calls fail then.
 * @param type The call's name in the protocol.
 * @param options `timeout` of each call, in milliseconds, 0 to 2,147,483,647; without it there is no limit.
 * @returns `request` and `reset`; `data`, `error` and `isPending` of the last call.
 * @example
 * const { request, data, error, isPending } = useChannelRequest(camera.channel, 'measure', { timeout: 1000 })
 * return <button disabled={isPending} onClick={() => request(region)}>{data?.mean ?? 'Measure'}</button>
 */
export function useChannelRequest<P extends Protocol, Name extends RequestName<P>>(
  channel: Pick<SharedChannel<P>, 'protocol' | 'request'> | null,
  type: Name,
  { timeout }: { readonly timeout?: number | undefined } = {},
): ChannelRequest<SendPayload<P, Name>, ReplyPayload<P, Name>> {
  type Reply = ReplyPayload<P, Name>
  const [state, setState] = useState<RequestState<Reply>>(IDLE)
  const open = useRef<AbortController>(undefined)

  const request = useCallback(
    (payload: SendPayload<P, Name>): Promise<Reply> => {
      giveUp(open.current, 'another call was made')
      const own = new AbortController()
      open.current = own
      const settle = (end: Partial<RequestState<Reply>>) => {
        if (open.current !== own) return
        open.current = undefined
        setState(({ data }) => ({ data, error: null, isPending: false, ...end }))
      }
      setState(({ data }) => ({ data, error: null, isPending: true }))
      const options = { signal: own.signal, ...(timeout !== undefined && { timeout }) }
      const answer = channel?.request(type, payload, options) ?? Promise.reject(noChannel())
      answer.then(
        (data) => settle({ data }),
        (error: unknown) => settle({ error }), // and so no rejection is unhandled
      )
      return answer
    },
    [channel, type, timeout],
  )

  const reset = useCallback(() => {
    giveUp(open.current, 'it was reset')
    open.current = undefined
    setState(IDLE)
  }, [])

  // With the commit itself: later there may be a call over the other channel.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another channel or type gives the open call up
  useInsertionEffect(
    () => () => giveUp(open.current, 'its component has another channel now, or is gone'),
    [channel, type],
  )

  return useMemo(() => ({ ...state, request, reset }), [state, request, reset])
}

function giveUp(call: AbortController | undefined, why: string): void {
  call?.abort(new SharedChannelError('CLOSED', `The call was given up: ${why}.`))
}

const noChannel = () =>
  new SharedChannelError('CLOSED', 'There is no open channel to call over. Wait until the status is "open".')
