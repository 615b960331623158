import { type Protocol, SharedChannelError } from '@shared-channel/core'

/**
 * Throws `INVALID_ARGUMENT` for what is no name of a message that the protocol receives: at once, since Svelte's stores do not
 * survive a subscriber that throws when the channel opens.
 */
export function checkReceived({ receive }: Protocol, name: string): void {
  const names = Object.keys(receive).filter((name) => receive[name]?.reply === undefined)
  if (names.includes(name)) return
  const known = names.map((name) => `"${name}"`).join(', ') || 'none'
  throw new SharedChannelError('INVALID_ARGUMENT', `The protocol receives no message "${name}"; it receives ${known}.`)
}
