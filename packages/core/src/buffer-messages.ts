// The four texts by which SharedBuffers are posted (docs/wire-format.md, "Posting buffers"). They come from another side,
// maybe another process: nothing in them is believed before it was checked here.
import { isErrorCode, SharedChannelError } from './errors.ts'
import type { BufferAccess, ProcessIdentity } from './segment-host.ts'

/** A buffer on its way. */
export interface Post {
  readonly verb: 'post'
  /** Chosen by the poster; an answer repeats it. */
  readonly id: number
  readonly access: BufferAccess
  readonly size: number
  /** Empty when the bytes themselves come along. */
  readonly handle: string
  /** JSON, or empty. */
  readonly additionalData: string
}

/** A post of a form that this side does not know: to be declined. */
export interface UnreadablePost {
  readonly verb: 'unreadable'
  readonly id: number
}

/** What comes back for a post. */
export type Answer =
  | { readonly verb: 'received'; readonly id: number; readonly process: ProcessIdentity | undefined }
  | { readonly verb: 'released'; readonly id: number }
  | { readonly verb: 'declined'; readonly id: number; readonly reason: SharedChannelError }

export const MAX_BUFFER_SIZE = 4 * 1024 ** 3
const LONGEST_REASON = 4096
const MAX_PID = 2 ** 31 - 1

export const isAccess = (value: unknown): value is BufferAccess =>
  value === 'read-only' || value === 'read-only-strict' || value === 'read-write'

export const postText = ({ id, access, size, handle, additionalData }: Omit<Post, 'verb'>): string =>
  `post\n${id}\n${access}\n${size}\n${handle}\n${additionalData}`

export const receivedText = (id: number, process: ProcessIdentity | undefined): string =>
  `received\n${id}\n${process?.pid ?? ''}\n${process?.startTime ?? ''}`

export const releasedText = (id: number): string => `released\n${id}`

export const declinedText = (id: number, { code, message }: SharedChannelError): string =>
  `declined\n${id}\n${code}\n${message}`

/** A text that came in; undefined when it is none of these, which a newer peer may send. */
export function parseText(text: string): Post | UnreadablePost | Answer | undefined {
  const head = /^([a-z]+)\n(0|[1-9]\d{0,15})(?:\n|$)/.exec(text)
  if (head === null) return undefined
  const [start, verb, idText] = head
  const id = Number(idText)
  if (!Number.isSafeInteger(id)) return undefined
  const rest = text.slice(start.length)
  if (verb === 'post') return parsePost(id, rest)
  if (verb === 'received') return parseReceived(id, rest)
  if (verb === 'declined') return parseDeclined(id, rest)
  return text === releasedText(id) ? { verb: 'released', id } : undefined
}

function parsePost(id: number, rest: string): Post | UnreadablePost {
  const fields = /^([a-z-]+)\n([1-9]\d{0,9})\n([^\n]{0,4096})\n/.exec(rest)
  const [start = '', access, sizeText, handle = ''] = fields ?? []
  const size = Number(sizeText)
  if (fields === null || !isAccess(access) || size > MAX_BUFFER_SIZE) return { verb: 'unreadable', id }
  return { verb: 'post', id, access, size, handle, additionalData: rest.slice(start.length) }
}

function parseReceived(id: number, rest: string): Answer | undefined {
  if (rest === '\n') return { verb: 'received', id, process: undefined }
  const fields = /^([1-9]\d{0,9})\n(\d{1,20})$/.exec(rest)
  const [, pidText, startTime = ''] = fields ?? []
  const pid = Number(pidText)
  return fields !== null && pid <= MAX_PID ? { verb: 'received', id, process: { pid, startTime } } : undefined
}

function parseDeclined(id: number, rest: string): Answer | undefined {
  const end = rest.indexOf('\n')
  if (end < 0) return undefined
  const code = rest.slice(0, end)
  const text = `The receiver declined the buffer: ${rest.slice(end + 1, end + 1 + LONGEST_REASON)}`
  return { verb: 'declined', id, reason: new SharedChannelError(isErrorCode(code) ? code : 'REMOTE_ERROR', text) }
}
