import { useLatestMessage, useSharedChannel } from '@shared-channel/react'
import { checkStream, LARGEST_RATE, SAMPLE, Sample } from '@shared-channel/sample'
import { useEffect, useState } from 'react'
import type { Connect } from './App.tsx'
import { ChannelStatus } from './ChannelStatus.tsx'

const RECEIVE_CAPACITY = 1 << 20
const STREAM = { blocks: 256, blockBytes: 65_536 }

/** Shows the newest of as many levels a second as one likes, and has a stream checked. */
export function Instrument({ connect }: { connect: Connect }) {
  const { status, error, channel } = useSharedChannel({
    key: 'instrument',
    connect: (signal) => connect(SAMPLE, { signal, receiveCapacity: RECEIVE_CAPACITY }),
    protocol: Sample,
  })
  const level = useLatestMessage(channel, 'level')
  const [rate, setRate] = useState(1000)
  const [stream, setStream] = useState<{ isRight: boolean; text: string } | 'running' | null>(null)

  useEffect(() => {
    if (channel?.state === 'open') channel.send('rate', { perSecond: rate })
  }, [channel, rate])

  const check = async () => {
    if (channel === null) return
    setStream('running')
    try {
      const { bytes, seconds, isRight } = await checkStream(channel, { ...STREAM, seed: Date.now() % 2 ** 32 })
      const outcome = isRight ? 'every byte right' : 'not as it was sent'
      setStream({ isRight, text: `${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(2)} s, ${outcome}` })
    } catch (failure) {
      setStream({ isRight: false, text: String(failure) })
    }
  }

  return (
    <section aria-label="Instrument">
      <h2>Instrument</h2>
      <ChannelStatus status={status} error={error} />
      <div className="row">
        <label>
          Levels a second
          <input
            type="number"
            min="0"
            max={LARGEST_RATE}
            value={rate}
            onChange={({ target }) =>
              setRate(Math.min(Math.max(Math.trunc(target.valueAsNumber) || 0, 0), LARGEST_RATE))
            }
          />
        </label>
      </div>
      <meter value={level ?? 0} />
      <div className="row">
        <button type="button" disabled={status !== 'open' || stream === 'running'} onClick={check}>
          Stream
        </button>
        {stream !== null && stream !== 'running' && (
          <output className={stream.isRight ? 'right' : 'wrong'}>{stream.text}</output>
        )}
      </div>
    </section>
  )
}
