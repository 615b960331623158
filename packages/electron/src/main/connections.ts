// Links between two ends, which the main process introduces to each other and then has nothing to do with.
import { SharedChannelError } from '@shared-channel/core'
import { MessageChannelMain } from 'electron'
import type { Capacities } from '../shared/frame-messages.ts'
import type { End } from './ends.ts'

/** A link between two ends. */
export interface Connection {
  /** Resolves when the link has ended, with the reason if nobody has asked for it. Never rejects. */
  readonly closed: Promise<SharedChannelError | undefined>
  /** Ends the link. Safe to call again. */
  close(): void
}

/** The ends see each other's end themselves, and what was sent before; only where they do not, they are told. In milliseconds. */
const GRACE = 300

let lastId = 0

/**
 * @param first Makes the channel.
 * @param second Opens it.
 */
export function connectEnds(
  first: Promise<End>,
  second: Promise<End>,
  name: string,
  capacities: Capacities,
): Connection {
  const id = `l${++lastId}`
  let settle!: (reason: SharedChannelError | undefined) => void
  const closed = new Promise<SharedChannelError | undefined>((resolve) => {
    settle = resolve
  })
  let ends: readonly [End, End] | undefined
  let isOver = false

  const over = (teller: 0 | 1 | undefined, reason: SharedChannelError | undefined) => {
    if (isOver) return
    isOver = true
    settle(reason)
    const tell = () => {
      if (ends === undefined) return
      if (teller !== 0) ends[0].end(id, reason)
      if (teller !== 1) ends[1].end(id, reason)
    }
    if (teller === undefined) tell()
    else setTimeout(tell, GRACE)
  }
  const offer = async () => {
    ends = await Promise.all([first, second])
    if (isOver) return
    const [one, other] = ends
    const { port1, port2 } = new MessageChannelMain()
    const { sendCapacity, receiveCapacity } = capacities
    const makerRole = { role: 'maker', sendCapacity, receiveCapacity } as const
    const openerRole = { role: 'opener', sendCapacity: receiveCapacity, receiveCapacity: sendCapacity } as const
    one.offer({ id, name, role: makerRole }, other.from, port1, (isGone) => over(0, isGone ? lost() : undefined))
    other.offer({ id, name, role: openerRole }, one.from, port2, (isGone) => over(1, isGone ? lost() : undefined))
  }
  offer().catch((error) => over(undefined, error))
  return { closed, close: () => over(undefined, undefined) }
}

const lost = () =>
  new SharedChannelError('PEER_LOST', 'The other end is gone: its page was left, or its process has ended.')
