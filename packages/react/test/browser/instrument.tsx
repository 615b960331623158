import { checkStream, connect, SAMPLE, Sample, type StreamResult } from '@shared-channel/sample'
import { useEffect, useState } from 'react'
import { useLatestMessage, useSharedChannel } from '../../src/index.ts'

const ORDER = { blocks: 64, blockBytes: 16_384, seed: 7 }

export interface InstrumentProps {
  id?: string
  /** Levels a second. */
  rate?: number
  /** Whether it asks for a stream: one at a time for a channel. */
  streams?: boolean
  onRender?: (level: number | undefined) => void
}

/** Has the real plugin stream when its channel is open, and shows what came of it, and the newest level. */
export function Instrument({ id = 'instrument', rate = 0, streams = true, onRender }: InstrumentProps) {
  const { status, error, channel } = useSharedChannel({
    key: 'instrument',
    connect: (signal) => connect(SAMPLE, { signal, receiveCapacity: 1 << 20 }),
    protocol: Sample,
  })
  const level = useLatestMessage(channel, 'level')
  const [result, setResult] = useState<StreamResult | null>(null)

  useEffect(() => {
    if (channel !== null && streams) checkStream(channel, ORDER).then(setResult, () => {}) // unmounted before its end
  }, [channel, streams])
  useEffect(() => {
    channel?.send('rate', { perSecond: rate })
  }, [channel, rate])

  onRender?.(level)
  return (
    <output data-testid={id} data-status={status} data-level={level}>
      {error === null ? result && `${result.bytes} bytes, ${result.isRight ? 'right' : 'wrong'}` : String(error)}
    </output>
  )
}

/** What it shows when all has come as it was sent. */
export const STREAMED = `${ORDER.blocks * ORDER.blockBytes} bytes, right`
