import { checkNumber } from './checks.ts'
import type { Codec } from './codec.ts'
import { invalidArgument } from './errors.ts'
import { MAX_MESSAGE_TYPE } from './layout.ts'

/** One message of a protocol: its number on the wire and how its payload is encoded. */
export interface MessageEntry<In = never, Out = unknown, ReplyIn = never, ReplyOut = unknown> {
  /** 0 to 16,777,215; what C++ calls `message.type`. */
  readonly id: number
  readonly codec: Codec<In, Out>
  /** Makes the message a call: `request` sends it, `handle` answers it, and this is how the answer is encoded. */
  readonly reply?: Codec<ReplyIn, ReplyOut>
}

/** Messages by name. */
export type MessageEntries = { readonly [name: string]: MessageEntry }

type None = Record<never, never>
type Calls<Entries> = { [Name in keyof Entries]: Entries[Name] extends { readonly reply: unknown } ? Name : never }
type CallName<Entries> = Calls<Entries>[keyof Entries] & string

/** What may be sent and what may be received, as seen from one end. Made by {@link defineProtocol}. */
export interface Protocol<
  Send extends MessageEntries = MessageEntries,
  Receive extends MessageEntries = MessageEntries,
> {
  readonly send: Send
  readonly receive: Receive
}

/** Names of the messages that a protocol sends, calls left out. */
export type SendName<P extends Protocol> = Exclude<keyof P['send'] & string, RequestName<P>>
/** Names of the messages that a protocol receives, calls left out. */
export type ReceiveName<P extends Protocol> = Exclude<keyof P['receive'] & string, HandleName<P>>
/** Names of the calls that this end makes. */
export type RequestName<P extends Protocol> = CallName<P['send']>
/** Names of the calls that this end answers. */
export type HandleName<P extends Protocol> = CallName<P['receive']>

type In<Entry> = Entry extends MessageEntry<infer In, unknown> ? In : never
type Out<Entry> = Entry extends MessageEntry<never, infer Out> ? Out : never

/** What `send` and `request` take for a name. */
export type SendPayload<P extends Protocol, Name extends keyof P['send']> = In<P['send'][Name]>
/** What a handler gets for a name. */
export type ReceivePayload<P extends Protocol, Name extends keyof P['receive']> = Out<P['receive'][Name]>
/** What `request` resolves with for a name. */
export type ReplyPayload<P extends Protocol, Name extends keyof P['send']> = P['send'][Name] extends {
  readonly reply: Codec<never, infer Out>
}
  ? Out
  : never
/** What a handler of calls gives back for a name. */
export type HandlerReply<P extends Protocol, Name extends keyof P['receive']> = P['receive'][Name] extends {
  readonly reply: Codec<infer In, unknown>
}
  ? In
  : never
/** The handlers of a protocol's calls. A mapped type, so that TypeScript knows what a handler returns while it reads it. */
export type CallHandlers<P extends Protocol> = {
  [Name in HandleName<P>]: (payload: ReceivePayload<P, Name>) => HandlerReply<P, Name> | Promise<HandlerReply<P, Name>>
}

/**
 * Names the messages of a channel.
 *
 * @param definition `send`: what this end sends; `receive`: what it receives; `both`: what goes both ways. The other end
 *   in TypeScript uses {@link flip} of it, a plugin the numbers.
 * @returns The protocol as seen from this end.
 * @throws SharedChannelError `INVALID_ARGUMENT` when an id is not an integer from 0 to 16,777,215, or when two messages
 *   of one direction share an id or a name.
 * @example
 * const Camera = defineProtocol({
 *   send: {
 *     command: { id: 1, codec: json<{ exposure: number }>() },
 *     measure: { id: 2, codec: json<Region>(), reply: json<Histogram>() },
 *   },
 *   receive: { frame: { id: 3, codec: bytes() } },
 * })
 */
export function defineProtocol<
  Send extends MessageEntries = None,
  Receive extends MessageEntries = None,
  Both extends MessageEntries = None,
>(definition: { send?: Send; receive?: Receive; both?: Both }): Protocol<Send & Both, Receive & Both> {
  return Object.freeze({
    send: merge('send', definition.send, definition.both),
    receive: merge('receive', definition.receive, definition.both),
  })
}

/**
 * The same protocol as seen from the other end.
 *
 * @example
 * const CameraEnd = flip(Camera) // sends frame, receives command
 */
export function flip<Send extends MessageEntries, Receive extends MessageEntries>(
  protocol: Protocol<Send, Receive>,
): Protocol<Receive, Send> {
  return Object.freeze({ send: protocol.receive, receive: protocol.send })
}

/**
 * Checks a name where it is asked for, before there is a channel that would refuse it.
 *
 * @throws SharedChannelError `INVALID_ARGUMENT` when it is no name of a message that the protocol receives; it says which are.
 * @example
 * checkReceived(Camera, 'frame')
 */
export function checkReceived({ receive }: Protocol, name: string): void {
  const names = Object.keys(receive).filter((name) => receive[name]?.reply === undefined)
  if (names.includes(name)) return
  const known = names.map((name) => `"${name}"`).join(', ') || 'none'
  throw invalidArgument(`The protocol receives no message "${name}"; it receives ${known}.`)
}

function merge<One extends MessageEntries, Both extends MessageEntries>(
  direction: string,
  one: One | undefined,
  both: Both | undefined,
): One & Both {
  const merged = Object.create(null)
  const names = new Map<number, string>()
  for (const [name, entry] of [...Object.entries(one ?? {}), ...Object.entries(both ?? {})]) {
    if (!isCodec(entry?.codec)) {
      throw invalidArgument(`"${name}" needs a codec, such as bytes(), text() or json<T>().`)
    }
    if (entry.reply !== undefined && !isCodec(entry.reply)) {
      throw invalidArgument(`The reply of "${name}" must be a codec.`)
    }
    checkNumber(`The id of "${name}"`, entry.id, MAX_MESSAGE_TYPE, 'an integer')
    if (name in merged) {
      throw invalidArgument(`"${name}" stands in both "${direction}" and "both"; one of them is enough.`)
    }
    const other = names.get(entry.id)
    if (other !== undefined) {
      throw invalidArgument(`"${name}" and "${other}" share the id ${entry.id} in "${direction}"; give each its own.`)
    }
    names.set(entry.id, name)
    merged[name] = entry
  }
  return Object.freeze(merged)
}

const isCodec = (codec: Partial<Codec<never, unknown>> | undefined): boolean =>
  typeof codec?.encode === 'function' && typeof codec.decode === 'function'
