// The sample plugin's part, played in this agent.
import { AgentLink, flip, type Link, SharedChannel, segmentSize, writeLayout } from '@shared-channel/core'
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
  /** How many links the application has let go of. */
  released = 0

  readonly connect = async (_name: string, options: SampleConnectOptions = {}): Promise<Link> => {
    const { sendCapacity = 65_536, receiveCapacity = 65_536 } = options
    const memory = new SharedArrayBuffer(segmentSize(sendCapacity, receiveCapacity))
    writeLayout(memory, sendCapacity, receiveCapacity)
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
