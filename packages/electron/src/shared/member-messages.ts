// What the main process and a utility process or worker of the application say to each other about links, beside whatever
// else they say.
import type { LinkRole } from './frame-messages.ts'
import type { PlainError } from './plain-error.ts'

export interface MemberOffer {
  readonly id: string
  readonly name: string
  readonly from: string
  readonly role: LinkRole
  /** See `BrokerOptions`. */
  readonly trusted: boolean
}

export type ToMember =
  /** To a utility process the port comes along; to a worker, which cannot be sent Electron's ports, what comes through it is relayed. */
  | { readonly sharedChannelLink: 'offer'; readonly offer: MemberOffer }
  | { readonly sharedChannelLink: 'relay'; readonly id: string; readonly data: unknown }
  | { readonly sharedChannelLink: 'end'; readonly id: string; readonly error?: PlainError }

export type FromMember =
  | { readonly sharedChannelLink: 'relay'; readonly id: string; readonly data: unknown }
  /** The link has ended here. */
  | { readonly sharedChannelLink: 'closed'; readonly id: string }

/** One of ours; undefined for one of the application's own. */
export function memberMessage<Message extends ToMember | FromMember>(value: unknown): Message | undefined {
  const isOurs = typeof value === 'object' && value !== null && 'sharedChannelLink' in value
  return isOurs ? (value as Message) : undefined
}
