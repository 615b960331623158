// Channels between two processes, as the main process has them opened and used.

import type { Member } from './members.ts'
import type { Talk, TalkResult } from './results.ts'

/** @param one Makes it; `other` opens it. */
export async function connect(name: string, one: Member, other: Member, trusted = false): Promise<void> {
  await other.call('openChannel', name, await one.call('createChannel', name), { trusted })
}

export function talkOnBothEnds(name: string, one: Member, other: Member, bytes: number): Promise<TalkResult[]> {
  return Promise.all([one, other].map(({ call }, side) => call('talk', name, talkOf(side, bytes))))
}

/** @param bytes At least, each way. */
export function talkOf(side: number, bytes: number): Talk {
  return { bytes, send: 101 + side, receive: 102 - side }
}
