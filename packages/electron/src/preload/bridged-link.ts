// A link of this world for the page, whose memory it is.
import type { Link } from '@shared-channel/core'
import type { BridgedLink, BridgedListener } from '../shared/bridge.ts'
import { outcomeOf, type PlainError, packError } from '../shared/plain-error.ts'

export interface Bridged {
  /** Plain functions, which may cross contextBridge. */
  readonly link: BridgedLink
  /** The far end is gone, or the main process ends the link. */
  end(reason: Error | undefined): void
}

/** @param closed Called once, when the page has closed the link. */
export function bridgeLink(link: Link, token: string, closed: () => void): Bridged {
  let listener: BridgedListener | undefined
  let ending: { readonly reason: PlainError | undefined } | undefined
  let isClosed = false

  const ended = (reason?: Error) => {
    if (ending !== undefined) return
    ending = { reason: reason && packError(reason) }
    listener?.ended(ending.reason)
  }
  const listen = (pages: BridgedListener) => {
    link.listen({
      wake: () => pages.wake(),
      error: (error) => pages.error(packError(error)),
      ended,
      interrupted: (reason) => pages.interrupted(packError(reason)),
      resumed: (replace) => pages.resumed(() => outcomeOf(replace)),
    })
    listener = pages
    if (ending !== undefined) queueMicrotask(() => pages.ended(ending?.reason))
  }
  return {
    link: {
      side: link.side,
      token,
      wakePeer: () => link.wakePeer(),
      listen: (pages) => outcomeOf(() => listen(pages)),
      stop: () => link.stop(),
      close: async () => {
        await link.close()
        if (!isClosed) closed()
        isClosed = true
      },
    },
    end: (reason) => {
      ended(reason)
      void link.stop()
    },
  }
}
