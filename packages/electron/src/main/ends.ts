// Who may be at an end of a link that the main process makes: a page, a utility process, a worker of this process, and this
// process itself.
import type { Worker } from 'node:worker_threads'
import { type Link, SharedChannelError } from '@shared-channel/core'
import type { MessagePortMain, UtilityProcess } from 'electron'
import type { LinkRole } from '../shared/frame-messages.ts'
import { introduce } from '../shared/introduction.ts'
import { type FromMember, memberMessage, type ToMember } from '../shared/member-messages.ts'
import { nativeLinkMaker } from '../shared/native-link-maker.ts'
import { packError } from '../shared/plain-error.ts'
import { pipeOf } from '../shared/port.ts'
import { WatchedLink } from '../shared/watched-link.ts'
import { type FrameTarget, frameOf, type Pages } from './pages.ts'

/** What `broker.connect` takes. */
export type LinkTarget = FrameTarget | UtilityProcess | Worker

/** A link on its way to an end. */
export interface LinkOffer {
  readonly id: string
  readonly name: string
  readonly role: LinkRole
}

export interface End {
  /** What the other end is told. */
  readonly from: string
  /**
   * Hands the link over, once.
   *
   * @param from Who the other end is.
   * @param ended Called once: the link has ended there, or that end is gone.
   */
  offer(offer: LinkOffer, from: string, port: MessagePortMain, ended: (isGone: boolean) => void): void
  /** Ends the link there. */
  end(id: string, reason?: SharedChannelError): void
}

/** @throws SharedChannelError `INVALID_ARGUMENT` for what is no end; `CLOSED` for a window that was destroyed. */
export function endOf(target: LinkTarget, pages: Pages, trusted: boolean): Promise<End> {
  if (typeof target !== 'object' || target === null) frameOf(target) // which says what is wrong
  if (isWorker(target)) return Promise.resolve(workerEnd(target, trusted))
  if (isUtility(target)) return Promise.resolve(utilityEnd(target, trusted))
  frameOf(target)
  return pageEnd(target, pages)
}

const isWorker = (target: object): target is Worker => 'threadId' in target
const isUtility = (target: object): target is UtilityProcess => 'kill' in target && 'pid' in target

async function pageEnd(target: FrameTarget, pages: Pages): Promise<End> {
  const page = await pages.next(target)
  return {
    from: page.origin,
    offer: ({ id, name, role }, from, port, ended) => {
      page.opened(id, ended)
      page.say({ type: 'link', id, name, from, ...role }, [port])
    },
    end: (id, reason) => page.say({ type: 'end', id, ...(reason && { error: packError(reason) }) }),
  }
}

function utilityEnd(utility: UtilityProcess, trusted: boolean): End {
  const say = (message: ToMember, ports: MessagePortMain[] = []) => utility.postMessage(message, ports)
  return {
    from: 'utility',
    offer: ({ id, name, role }, from, port, ended) => {
      const received = (value: unknown) => {
        const message = memberMessage<FromMember>(value)
        if (message?.sharedChannelLink === 'closed' && message.id === id) over(false)
      }
      const exited = () => over(true)
      const over = (isGone: boolean) => {
        utility.off('message', received)
        utility.off('exit', exited)
        ended(isGone)
      }
      utility.on('message', received)
      utility.on('exit', exited)
      say({ sharedChannelLink: 'offer', offer: { id, name, from, role, trusted } }, [port])
    },
    end: (id, reason) => {
      if (utility.pid !== undefined) say(endMessage(id, reason))
    },
  }
}

function workerEnd(worker: Worker, trusted: boolean): End {
  const say = (message: ToMember) => worker.postMessage(message)
  return {
    from: 'worker',
    offer: ({ id, name, role }, from, port, ended) => {
      const received = (value: unknown) => {
        const message = memberMessage<FromMember>(value)
        if (message?.id !== id) return
        if (message.sharedChannelLink === 'relay') port.postMessage(message.data)
        else over(false)
      }
      const exited = () => over(true)
      const over = (isGone: boolean) => {
        worker.off('message', received)
        worker.off('exit', exited)
        port.close()
        ended(isGone)
      }
      worker.on('message', received)
      worker.on('exit', exited)
      port.on('message', ({ data }) => say({ sharedChannelLink: 'relay', id, data }))
      port.start()
      say({ sharedChannelLink: 'offer', offer: { id, name, from, role, trusted } })
    },
    end: (id, reason) => say(endMessage(id, reason)),
  }
}

const endMessage = (id: string, reason?: SharedChannelError): ToMember => ({
  sharedChannelLink: 'end',
  id,
  ...(reason && { error: packError(reason) }),
})

/** This process as an end; `link` resolves with its link. */
export function ownEnd(trusted: boolean): { end: End; link: Promise<Link> } {
  let settle!: { resolve: (link: Link) => void; reject: (reason: unknown) => void }
  const link = new Promise<Link>((resolve, reject) => {
    settle = { resolve, reject }
  })
  let made: WatchedLink | undefined
  const end: End = {
    from: 'main',
    offer: ({ role }, _from, port, ended) => {
      introduce(pipeOf(port), role, nativeLinkMaker(port, trusted)).then(
        (link) => {
          made = new WatchedLink(link, () => ended(false))
          settle.resolve(made)
        },
        (error) => {
          ended(false)
          settle.reject(error)
        },
      )
    },
    end: (_id, reason) => {
      settle.reject(reason ?? new SharedChannelError('CLOSED', 'The link was closed before it was made.'))
      made?.end(reason)
    },
  }
  return { end, link }
}
