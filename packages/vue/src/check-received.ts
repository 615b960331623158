import { type Protocol, SharedChannelError } from '@shared-channel/core'

/** Throws `INVALID_ARGUMENT` for what is no message that the protocol receives: where it is asked for, and not when a channel opens. */
export function checkReceived({ receive }: Protocol, name: string): void {
  const names = Object.keys(receive).filter((name) => receive[name]?.reply === undefined)
  if (names.includes(name)) return
  const known = names.map((name) => `"${name}"`).join(', ') || 'none'
  throw new SharedChannelError('INVALID_ARGUMENT', `The protocol receives no message "${name}"; it receives ${known}.`)
}
