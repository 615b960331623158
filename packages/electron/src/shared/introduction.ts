// How two ends make a channel between them over a port that each was handed: the opener says whether it can map memory; the
// maker then makes the channel and sends its handle, or, where one of them cannot map, both run it over the port itself.
import { type Link, SharedChannelError } from '@shared-channel/core'
import type { LinkRole } from './frame-messages.ts'
import { type PlainError, packError, unpackError } from './plain-error.ts'
import type { Pipe } from './port.ts'

export type Said =
  | { readonly said: 'ready'; readonly isNative: boolean }
  | { readonly said: 'handle'; readonly handle: string }
  | { readonly said: 'opened' }
  | { readonly said: 'copy' }
  | { readonly said: 'failed'; readonly error: PlainError }

/** How an end makes its link. */
export interface LinkMaker<Made> {
  readonly isNative: boolean
  create(role: LinkRole): { readonly made: Made; readonly handle: string; readonly close: () => void }
  open(handle: string): Made
  /** The pipe is the link's from here on. */
  overPort(side: 0 | 1, role: LinkRole): Made
}

/**
 * Called once, when somebody wants the link.
 *
 * @returns The link of this end, as soon as the other one has its own.
 * @throws SharedChannelError (as a rejection) what either end met; `PEER_LOST` when the pipe closed before.
 */
export function introduce<Made = Link>(pipe: Pipe<Said>, role: LinkRole, maker: LinkMaker<Made>): Promise<Made> {
  return new Promise((resolve, reject) => {
    let created: { readonly made: Made; readonly close: () => void } | undefined
    let isDone = false
    const finish = (made: Made) => {
      isDone = true
      resolve(made)
    }
    const fail = (error: unknown) => {
      if (isDone) return
      isDone = true
      created?.close()
      reject(error)
    }
    const say = (said: Said) => pipe.post(said)
    const isMaker = role.role === 'maker'
    // What this end has no business with, or has heard before, is let go by: the other one is a page.
    const steps: { [Step in Said['said']]: (said: Extract<Said, { said: Step }>) => void } = {
      ready: ({ isNative }) => {
        if (!isMaker || created !== undefined) return
        if (isNative && maker.isNative) {
          const { made, handle, close } = maker.create(role)
          created = { made, close }
          say({ said: 'handle', handle })
        } else {
          say({ said: 'copy' })
          finish(maker.overPort(0, role))
        }
      },
      handle: ({ handle }) => {
        if (isMaker) return
        const made = maker.open(handle)
        say({ said: 'opened' })
        finish(made)
      },
      opened: () => {
        if (created !== undefined) finish(created.made)
      },
      copy: () => {
        if (!isMaker) finish(maker.overPort(1, role))
      },
      failed: ({ error }) => fail(unpackError(error)),
    }
    const received = (said: Said) => {
      if (isDone) return
      try {
        const step = steps[said.said] as ((said: Said) => void) | undefined
        step?.(said)
      } catch (error) {
        say({ said: 'failed', error: packError(error) })
        fail(error)
      }
    }
    const closed = () => fail(new SharedChannelError('PEER_LOST', 'The other end went away before the link was made.'))
    pipe.listen(received, closed)
    if (!isMaker) say({ said: 'ready', isNative: maker.isNative })
  })
}
