// The plugin, played by a channel in the same page: what the components do with it is tested here, the real one in packages/vue
// and in Electron.
import { AgentLink, flip, SharedChannel, SharedChannelError, segmentSize, writeLayout } from '@shared-channel/core'
import { MessageType } from '@shared-channel/core/compat'
import { Checksum, Pattern, Sample } from '@shared-channel/sample'
import type { Connect } from '../../src/connect.ts'

const CAPACITY = 1 << 20
const Played = flip(Sample)

export class FakePlugin {
  /** Open links. */
  open = 0
  connects = 0
  /** What `rate` asked for last. */
  rate: number | undefined
  /** The other end of the channel that asked for it. */
  instrument: SharedChannel<typeof Played> | undefined
  /** Sends streams in which a byte is wrong. */
  isDamaged = false
  /** Why nobody can connect. */
  refusal: SharedChannelError | undefined

  readonly connect: Connect = async () => {
    if (this.refusal !== undefined) throw this.refusal
    const memory = new SharedArrayBuffer(segmentSize(CAPACITY, CAPACITY))
    writeLayout(memory, CAPACITY, CAPACITY)
    this.#play(new SharedChannel(new AgentLink(memory, 1), Played))
    this.connects++
    this.open++
    return new AgentLink(memory, 0, { close: () => void this.open-- })
  }

  #play(peer: SharedChannel<typeof Played>): void {
    peer.on('rate', ({ perSecond }) => {
      this.rate = perSecond
      this.instrument = peer
    })
    peer.on('message', ({ type, payload }) => {
      if (type !== MessageType.TEXT) throw new SharedChannelError('INVALID_ARGUMENT', 'The test sends only texts.')
      const answer = new TextDecoder().decode(payload).toUpperCase()
      peer.send('message', { type, payload: new TextEncoder().encode(answer) })
    })
    peer.on('stream', async ({ blocks, blockBytes, seed }) => {
      const pattern = new Pattern(seed)
      const sum = new Checksum()
      for (let i = 0; i < blocks; i++) {
        const block = pattern.next(blockBytes)
        sum.add(block)
        if (this.isDamaged && i === 1) block[0] = ~(block[0] ?? 0)
        if (peer.state !== 'open') return
        if (!peer.send('block', block)) await peer.ready.catch(() => {})
      }
      if (peer.state === 'open') peer.send('streamed', { blocks, checksum: sum.value })
    })
  }
}
