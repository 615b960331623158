// The sample plugin's part, played in this agent.
import { AgentLink, flip, type Link, MIN_CAPACITY, SharedChannel, segmentSize, writeLayout } from '@shared-channel/core'
import { MessageType } from '@shared-channel/core/compat'
import { Checksum, Pattern, Sample, type SampleConnectOptions } from '@shared-channel/sample'

const PluginEnd = flip(Sample)

/** Answers whoever connects, and counts. */
export class FakePlugin {
  /** The plugin's ends of the channels, in the order of their making. */
  readonly ends: SharedChannel<typeof PluginEnd>[] = []
  /** What they were opened with. */
  readonly options: SampleConnectOptions[] = []
  /** How many levels a second were asked for last. */
  rate: number | undefined
  /** Whether a byte of each stream is another one. */
  isDamaged = false
  /** How many links the application has let go of. */
  released = 0

  readonly connect = async (_name: string, options: SampleConnectOptions = {}): Promise<Link> => {
    const capacities = [capacityOf(options.sendCapacity), capacityOf(options.receiveCapacity)] as const
    const memory = new SharedArrayBuffer(segmentSize(...capacities))
    writeLayout(memory, ...capacities)
    const end = new SharedChannel(new AgentLink(memory, 1), PluginEnd)
    this.options.push(options)
    this.ends.push(end)
    end.on('rate', ({ perSecond }) => {
      this.rate = perSecond
    })
    end.on('message', ({ payload }) => {
      const text = new TextDecoder().decode(payload).toUpperCase()
      end.send('message', { type: MessageType.TEXT, payload: new TextEncoder().encode(text) })
    })
    end.on('stream', ({ blocks, blockBytes, seed }) => {
      const pattern = new Pattern(seed)
      const checksum = new Checksum()
      for (let i = 0; i < blocks; i++) {
        const block = pattern.next(blockBytes)
        checksum.add(block)
        if (this.isDamaged && i === 0) block[0] = 255 - (block[0] ?? 0)
        end.send('block', block)
      }
      end.send('streamed', { blocks, checksum: checksum.value })
    })
    return new AgentLink(memory, 0, { close: () => this.released++ })
  }

  /** How many channels are held. */
  get open(): number {
    return this.ends.length - this.released
  }
}

/** As hosts round it. */
const capacityOf = (bytes = 65_536) => Math.max(MIN_CAPACITY, 2 ** Math.ceil(Math.log2(bytes)))
