import { flip, type Link, MIN_CAPACITY, memoryLinks, SharedChannel, SharedChannelError } from '@shared-channel/core'
import { MessageType } from '@shared-channel/core/compat'
import type { SampleConnectOptions } from '../connect.ts'
import { Checksum, Pattern } from '../pattern.ts'
import { Sample } from '../protocol.ts'

const PluginEnd = flip(Sample)

/** The sample plugin's part, played in this page. */
export class FakePlugin {
  /** What each channel was opened with. */
  readonly options: SampleConnectOptions[] = []
  /** Open links. */
  open = 0
  /** What `rate` asked for last. */
  rate: number | undefined
  /** The plugin's end of the channel that asked for it. */
  instrument: SharedChannel<typeof PluginEnd> | undefined
  /** Sends streams in which a byte is wrong. */
  isDamaged = false
  /** Why nobody can connect. */
  refusal: SharedChannelError | undefined

  readonly connect = async (_name: string, options: SampleConnectOptions = {}): Promise<Link> => {
    if (this.refusal !== undefined) throw this.refusal
    const [link, far] = memoryLinks({
      sendCapacity: capacity(options.sendCapacity),
      receiveCapacity: capacity(options.receiveCapacity),
      onClose: () => void this.open--,
    })
    this.#play(new SharedChannel(far, PluginEnd))
    this.options.push(options)
    this.open++
    return link
  }

  /** How often somebody has connected. */
  get connects(): number {
    return this.options.length
  }

  #play(end: SharedChannel<typeof PluginEnd>): void {
    end.on('rate', ({ perSecond }) => {
      this.rate = perSecond
      this.instrument = end
    })
    end.on('message', ({ type, payload }) => {
      if (type !== MessageType.TEXT) throw new SharedChannelError('INVALID_ARGUMENT', 'The test sends only texts.')
      const answer = new TextDecoder().decode(payload).toUpperCase()
      end.send('message', { type, payload: new TextEncoder().encode(answer) })
    })
    end.on('stream', async ({ blocks, blockBytes, seed }) => {
      const pattern = new Pattern(seed)
      const sum = new Checksum()
      for (let i = 0; i < blocks; i++) {
        const block = pattern.next(blockBytes)
        sum.add(block)
        if (this.isDamaged && i === 1) block[0] = ~(block[0] ?? 0)
        if (end.state !== 'open') return
        if (!end.send('block', block)) await end.ready.catch(() => {})
      }
      if (end.state === 'open') end.send('streamed', { blocks, checksum: sum.value })
    })
  }
}

/** Fewer bytes than a ring may have are the smallest, as hosts take them. */
const capacity = (bytes = 1 << 20): number => Math.max(bytes, MIN_CAPACITY)
