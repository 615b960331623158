import { createHash } from 'node:crypto'
import { flip, type Link, SharedChannel } from '@shared-channel/core'
import { SHA256 } from '../../src/stream-file.ts'
import { linkPair } from './link-pair.ts'

/** What a faulty plugin does; each is called with the chunk's number. Without any of them it does its work. */
export interface Faults {
  /** Instead of sending `chunk` back. */
  giveBack?: (chunk: Uint8Array, index: number, send: (chunk: Uint8Array) => void) => void
  /** Instead of the digest. */
  digest?: (digest: string) => string
  /** Ends at this chunk. */
  endAt?: number
}

/** The SHA-256 plugin in JavaScript, at the other end of the link that is returned. */
export function fakePlugin({
  giveBack = (chunk, _, send) => send(chunk),
  digest = (real) => real,
  endAt,
}: Faults): Link {
  const [link, own] = linkPair()
  const channel = new SharedChannel(own, flip(SHA256), { closeTimeout: 0 })
  const hash = createHash('sha256')
  let index = 0
  channel.on('chunk', (chunk) => {
    if (index === endAt) void channel.close()
    if (channel.state !== 'open') return
    hash.update(chunk)
    giveBack(chunk, index++, (bytes) => channel.send('chunk', bytes))
  })
  channel.on('finish', async () => {
    if (channel.state !== 'open') return
    channel.send('digest', digest(hash.digest('hex')))
    await channel.ready
    await channel.close()
  })
  return link
}
